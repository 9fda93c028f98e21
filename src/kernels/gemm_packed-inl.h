// SPDX-License-Identifier: Apache-2.0
// All rows of words of a with all packed words of b, cut into blocks of sums that the registers
// hold; included once for each target of Highway.
#if defined(VITSIM_KERNELS_GEMM_PACKED_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VITSIM_KERNELS_GEMM_PACKED_INL
#undef VITSIM_KERNELS_GEMM_PACKED_INL
#else
#define VITSIM_KERNELS_GEMM_PACKED_INL
#endif

#include <algorithm>
#include <cstdint>

#include <hwy/highway.h>

#include "gemm_block-inl.h"
#include "gemm_sums-inl.h"
#include "gemm_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

// Sums that the registers hold: rows of a with one, two and four vectors of columns.
#if HWY_TARGET <= HWY_AVX3
constexpr int kRowsOfOne = 12;
constexpr int kRowsOfTwo = 8;
constexpr int kRowsOfFour = 6;
#else
constexpr int kRowsOfOne = 8;
constexpr int kRowsOfTwo = 4;
constexpr int kRowsOfFour = 0;
#endif

/// Columns of b when packed.
std::int64_t padded_cols(std::int64_t cols) { return (cols + kLanes - 1) / kLanes * kLanes; }

/// All rows of a with kVectors vectors of columns, kMost rows at once as long as there are as many.
template <class Step, int kMost, int kVectors>
void multiply_all_rows(Rows a, std::int64_t rows, const Columns& b, Target target) {
  const auto advance = [&](std::int64_t done) {
    a.words += done * a.pitch;
    target.sums += done * target.pitch;
    rows -= done;
  };
  for (; rows >= kMost; advance(kMost)) {
    multiply<Step, kMost, kVectors>(a, b, target);
  }
  for (; kMost > 4 && rows >= 4; advance(4)) {
    multiply<Step, 4, kVectors>(a, b, target);
  }
  for (; rows >= 2; advance(2)) {
    multiply<Step, 2, kVectors>(a, b, target);
  }
  for (; rows >= 1; advance(1)) {
    multiply<Step, 1, kVectors>(a, b, target);
  }
}

/// All rows of a with all packed columns, as many at once as the registers hold.
template <class Step>
void multiply_all(const Rows& a, std::int64_t rows, Columns b, Target target) {
  const std::int64_t end = target.cols;
  for (std::int64_t n = 0; n < end;) {
    const std::int64_t vectors = (end - n + kLanes - 1) / kLanes;
    int width = 1;
    if constexpr (kRowsOfFour > 0) {
      if (vectors >= 4) {
        width = 4;
        target.cols = std::min(end - n, 4 * kLanes);
        multiply_all_rows<Step, kRowsOfFour, 4>(a, rows, b, target);
      }
    }
    if (width == 1) {
      width = vectors >= 2 ? 2 : 1;
      target.cols = std::min(end - n, width * kLanes);
      if (width == 2) {
        multiply_all_rows<Step, kRowsOfTwo, 2>(a, rows, b, target);
      } else {
        multiply_all_rows<Step, kRowsOfOne, 1>(a, rows, b, target);
      }
    }
    n += width * kLanes;
    b.words += width * kLanes;
    b.start += width * kLanes;
    target.sums += width * kLanes;
  }
}

}  // namespace
#endif
}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
