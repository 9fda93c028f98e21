// SPDX-License-Identifier: Apache-2.0
// The table of tiles, and the portable one, which is the definition of all.
//
// Highway compiles this file once for each target: the parts up to HWY_ONCE, those in *-inl.h
// included, anew in a namespace of the target, the rest only the last time.
#include "vitsim/kernels/gemm_tile.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vitsim/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm_tile.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "gemm_pairs-inl.h"
#include "gemm_quads-inl.h"
#include "gemm_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

GemmTile gemm_tile() { return {hwy::TargetName(HWY_TARGET), kMaxCols, tile, tile_of_bytes}; }

#endif
}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitsim::kernels {
namespace {

constexpr std::int64_t kPortableCols = 32;

void portable_tile(const MatrixView<const std::int16_t>& a, const MatrixView<const std::int16_t>& b,
                   const MatrixView<std::int64_t>& sums, bool accumulate) {
  const std::int64_t cols = b.cols();
  for (std::int64_t m = 0; m < a.rows(); ++m) {
    std::array<std::int32_t, kPortableCols> row{};
    const std::int16_t* const a_row = a.data() + m * a.pitch();
    for (std::int64_t k = 0; k < a.cols(); ++k) {
      const std::int32_t factor = a_row[k];
      const std::int16_t* const b_row = b.data() + k * b.pitch();
      for (std::int64_t n = 0; n < cols; ++n) {
        row[static_cast<std::size_t>(n)] += factor * b_row[n];
      }
    }
    std::int64_t* const sums_row = sums.data() + m * sums.pitch();
    for (std::int64_t n = 0; n < cols; ++n) {
      sums_row[n] = (accumulate ? sums_row[n] : 0) + row[static_cast<std::size_t>(n)];
    }
  }
}

std::vector<GemmTile> all_tiles() {
  std::vector<GemmTile> tiles;
  [[maybe_unused]] const auto add = [&](std::int64_t target, GemmTile (*tile)()) {
    if ((HWY_SUPPORTED_TARGETS & target) != 0) {
      tiles.push_back(tile());
    }
  };
#if HWY_TARGETS & HWY_AVX3_DL
  add(HWY_AVX3_DL, N_AVX3_DL::gemm_tile);
#endif
#if HWY_TARGETS & HWY_AVX3
  add(HWY_AVX3, N_AVX3::gemm_tile);
#endif
#if HWY_TARGETS & HWY_AVX2
  add(HWY_AVX2, N_AVX2::gemm_tile);
#endif
#if HWY_TARGETS & HWY_SSE4
  add(HWY_SSE4, N_SSE4::gemm_tile);
#endif
#if HWY_TARGETS & HWY_NEON
  add(HWY_NEON, N_NEON::gemm_tile);
#endif
  tiles.push_back({"portable", kPortableCols, portable_tile});
  return tiles;
}

}  // namespace

std::span<const GemmTile> gemm_tiles() {
  static const std::vector<GemmTile> tiles = all_tiles();
  return tiles;
}

}  // namespace vitsim::kernels
#endif
