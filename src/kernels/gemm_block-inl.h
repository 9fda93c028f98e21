// SPDX-License-Identifier: Apache-2.0
// A block of sums, held in registers for all k: some rows of words of a with some vectors of
// columns of packed words of b; included once for each target of Highway.
//
// b is packed: first the words of all columns, up to whole vectors and aligned to them, for the
// first k, then those for the next. A Step, Pairs or Quads, multiplies vectors of words and adds
// the products up: Step::add(b, a, sum, rest).
#if defined(VITSIM_KERNELS_GEMM_BLOCK_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VITSIM_KERNELS_GEMM_BLOCK_INL
#undef VITSIM_KERNELS_GEMM_BLOCK_INL
#else
#define VITSIM_KERNELS_GEMM_BLOCK_INL
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "gemm_sums-inl.h"
#include "gemm_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

/// A group of rows of a, as words.
struct Rows {
  const std::byte* words;
  std::int64_t pitch;  // in bytes
  std::int64_t count;  // full words in a row
  bool half_word;      // and one element
};

/// Columns of b, as packed words.
struct Columns {
  const std::int32_t* words;
  std::int64_t pitch;  // in words
  /// What the sums begin with.
  const std::int32_t* start;
};

/// kRows rows with kVectors vectors of columns; target.cols of the columns are stored.
template <class Step, int kRows, int kVectors>
void multiply(const Rows& a, const Columns& b, const Target& target) {
  const D32 d32;
  Vector32 sums[kRows][kVectors];
  Vector32 rests[kRows][kVectors];
  VITSIM_UNROLL
  for (int r = 0; r < kRows; ++r) {
    VITSIM_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] = hn::Load(d32, b.start + v * kLanes);
      rests[r][v] = hn::Zero(d32);
    }
  }
  const std::byte* a_words = a.words;
  const std::int32_t* b_words = b.words;
  const auto step = [&](auto load) HWY_ATTR {
    Vector32 column_words[kVectors];
    VITSIM_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      column_words[v] = hn::Load(d32, b_words + v * kLanes);
    }
    VITSIM_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const Vector32 row_word = hn::Set(d32, load(a_words + r * a.pitch));
      VITSIM_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        Step::add(column_words[v], row_word, sums[r][v], rests[r][v]);
      }
    }
  };
  for (std::int64_t k = 0; k < a.count; ++k) {
    step(load_word);
    a_words += sizeof(std::int32_t);
    b_words += b.pitch;
  }
  if (a.half_word) {
    step(load_half_word);
  }
  if (target.cols == kVectors * kLanes) {
    VITSIM_UNROLL
    for (int r = 0; r < kRows; ++r) {
      std::int64_t* const row = target.sums + r * target.pitch;
      VITSIM_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        store_vector(hn::RearrangeToOddPlusEven(sums[r][v], rests[r][v]), row + v * kLanes,
                     target.accumulate);
      }
    }
    return;
  }
  alignas(HWY_MAX_BYTES) std::int32_t added[kRows][kVectors * kLanes];
  VITSIM_UNROLL
  for (int r = 0; r < kRows; ++r) {
    VITSIM_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      hn::Store(hn::RearrangeToOddPlusEven(sums[r][v], rests[r][v]), d32, added[r] + v * kLanes);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    store_row(added[r], target, target.sums + r * target.pitch);
  }
}

}  // namespace
#endif
}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
