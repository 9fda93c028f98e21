// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/gemm_tile.h"

#include <array>
#include <vector>

#include "gemm_tile_x86.h"

namespace vitsim::kernels {
namespace {

constexpr std::int64_t kPortableCols = 32;

void portable_tile(MatrixView<const std::int16_t> a, MatrixView<const std::int16_t> b,
                   MatrixView<std::int64_t> sums, bool accumulate) {
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
  std::vector<GemmTile> tiles = x86_gemm_tiles();
  tiles.push_back({"portable", kPortableCols, portable_tile});
  return tiles;
}

}  // namespace

std::span<const GemmTile> gemm_tiles() {
  static const std::vector<GemmTile> tiles = all_tiles();
  return tiles;
}

}  // namespace vitsim::kernels
