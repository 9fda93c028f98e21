// SPDX-License-Identifier: Apache-2.0
// Products of operands of up to 16 bits, two in a word; included once for each target of Highway.
//
// a stays where it is: its neighbours in k are neighbours in memory. b is packed, the last of an
// odd number of rows with a row of zeros; a then gives one element and 0.
#if defined(VITSIM_KERNELS_GEMM_PAIRS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VITSIM_KERNELS_GEMM_PAIRS_INL
#undef VITSIM_KERNELS_GEMM_PAIRS_INL
#else
#define VITSIM_KERNELS_GEMM_PAIRS_INL
#endif

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "vitsim/core/matrix.h"
#include "vitsim/kernels/gemm_tile.h"

#include "gemm_block-inl.h"
#include "gemm_packed-inl.h"
#include "gemm_steps-inl.h"
#include "gemm_sums-inl.h"
#include "gemm_unpacked-inl.h"
#include "gemm_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

/// Packs up to kLanes columns of b, words of which are `pitch` apart.
template <bool kFull>
void pack_pairs(MatrixView<const std::int16_t> b, std::int64_t pitch, std::int32_t* words) {
  const std::int16_t* row = b.data();
  const auto load = [&](std::int64_t r)
                        HWY_ATTR { return load_columns<kFull>(row + r * b.pitch(), b.cols()); };
  for (std::int64_t pairs = b.rows() / 2; pairs > 0; --pairs) {
    hn::Store(zip(load(0), load(1)), D32(), words);
    row += 2 * b.pitch();
    words += pitch;
  }
  if (b.rows() % 2 != 0) {
    hn::Store(zip(load(0), hn::Zero(hn::Half<D16>())), D32(), words);
  }
}

void pack_all_pairs(MatrixView<const std::int16_t> b, std::int32_t* words) {
  const std::int64_t pitch = padded_cols(b.cols());
  for (std::int64_t n = 0; n < b.cols(); n += kLanes) {
    const std::int64_t cols = std::min(b.cols() - n, kLanes);
    const auto columns = b.block(0, n, b.rows(), cols);
    (cols == kLanes ? pack_pairs<true> : pack_pairs<false>)(columns, pitch, words + n);
  }
}

/// A GemmStrip for operands of any width.
void tile(const MatrixView<const std::int16_t>& a, const MatrixView<const std::int16_t>& b,
          const MatrixView<std::int64_t>& sums, bool accumulate) {
  assert(b.cols() <= kMaxCols && b.rows() <= kMaxTileDepth);
  const Target target{sums.data(), sums.pitch(), b.cols(), accumulate};
  if (a.rows() < kPackedRows) {
    multiply_rows(a, b, target);
    return;
  }
  alignas(HWY_MAX_BYTES) thread_local std::int32_t words[kMaxTileDepth / 2 * kMaxCols];
  alignas(HWY_MAX_BYTES) static constexpr std::int32_t kZeros[kMaxCols] = {};
  pack_all_pairs(b, words);
  const Rows rows{reinterpret_cast<const std::byte*>(a.data()),
                  a.pitch() * static_cast<std::int64_t>(sizeof(std::int16_t)), b.rows() / 2,
                  b.rows() % 2 != 0};
  multiply_all<Pairs>(rows, a.rows(), {words, padded_cols(b.cols()), kZeros}, target);
}

}  // namespace
#endif
}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
