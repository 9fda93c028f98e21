// SPDX-License-Identifier: Apache-2.0
// Products of few rows of 16-bit operands, for which packing b would take longer than it saves;
// included once for each target of Highway.
//
// Two rows of b are interleaved within each block of 128 bits: of each eight columns `low` has the
// first four, and `high` the others. Only the sums are put in order.
#if defined(VITSIM_KERNELS_GEMM_UNPACKED_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VITSIM_KERNELS_GEMM_UNPACKED_INL
#undef VITSIM_KERNELS_GEMM_UNPACKED_INL
#else
#define VITSIM_KERNELS_GEMM_UNPACKED_INL
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "vitsim/core/matrix.h"

#include "gemm_steps-inl.h"
#include "gemm_sums-inl.h"
#include "gemm_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

/// Fewer rows are not worth packing b.
constexpr std::int64_t kPackedRows = 4;

/// Puts the columns of `low` and `high` in order.
void order_blocks([[maybe_unused]] Vector32& low, [[maybe_unused]] Vector32& high) {
#if HWY_MAX_BYTES >= 32
  const Vector32 even = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(high), low);
  const Vector32 odd = hn::OddEvenBlocks(high, hn::SwapAdjacentBlocks(low));
#if HWY_MAX_BYTES >= 64
  const D32 d32;
  low = hn::ConcatLowerLower(d32, odd, even);
  high = hn::ConcatUpperUpper(d32, odd, even);
#else
  low = even;
  high = odd;
#endif
#endif
}

/// The 16-bit elements of twice as many columns as a vector of sums has.
template <bool kFull>
Vector16 load_wide(const std::int16_t* row, std::int64_t cols) {
  const D16 d16;
  if (kFull || cols >= 2 * kLanes) {
    return hn::LoadU(d16, row);
  }
  const auto low = load_columns(row, cols);
  const auto high =
      cols > kLanes ? load_columns(row + kLanes, cols - kLanes) : hn::Zero(hn::Half<D16>());
  return hn::Combine(d16, high, low);
}

/// A row of a with kVectors vectors of 16-bit columns; with all their columns where kFull.
template <int kVectors, bool kFull>
void multiply_row(const std::int16_t* a, const MatrixView<const std::int16_t>& b,
                  const Target& target) {
  const D16 d16;
  const D32 d32;
  constexpr std::int64_t kCols = 2 * kLanes;
  Vector32 sums[2 * kVectors];
  Vector32 rests[2 * kVectors];
  VITSIM_UNROLL
  for (int v = 0; v < 2 * kVectors; ++v) {
    sums[v] = hn::Zero(d32);
    rests[v] = hn::Zero(d32);
  }
  const auto step = [&](std::int32_t a_word, const std::int16_t* first_row,
                        const std::int16_t* second_row) HWY_ATTR {
    const Vector32 word = hn::Set(d32, a_word);
    VITSIM_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const std::int64_t cols = target.cols - v * kCols;
      const Vector16 first = load_wide<kFull>(first_row + v * kCols, cols);
      Vector16 second = load_wide<kFull>(second_row + v * kCols, cols);
#if HWY_ARCH_X86
      // Else GCC loads it twice, and rows seldom begin at the start of a line of the cache.
      asm("" : "+v"(second.raw));
#endif
      Pairs::add(hn::BitCast(d32, hn::InterleaveLower(d16, first, second)), word, sums[2 * v],
                 rests[2 * v]);
      Pairs::add(hn::BitCast(d32, hn::InterleaveUpper(d16, first, second)), word, sums[2 * v + 1],
                 rests[2 * v + 1]);
    }
  };
  const std::int16_t* row = b.data();
  const auto* a_word = reinterpret_cast<const std::byte*>(a);
  for (std::int64_t pairs = b.rows() / 2; pairs > 0; --pairs) {
    step(load_word(a_word), row, row + b.pitch());
    a_word += sizeof(std::int32_t);
    row += 2 * b.pitch();
  }
  if (b.rows() % 2 != 0) {
    step(load_half_word(a_word), row, row);  // the second times 0
  }
  alignas(HWY_MAX_BYTES) std::int32_t added[kVectors * kCols];
  VITSIM_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    Vector32 low = hn::RearrangeToOddPlusEven(sums[2 * v], rests[2 * v]);
    Vector32 high = hn::RearrangeToOddPlusEven(sums[2 * v + 1], rests[2 * v + 1]);
    order_blocks(low, high);
    if (kFull) {
      store_vector(low, target.sums + v * kCols, target.accumulate);
      store_vector(high, target.sums + v * kCols + kLanes, target.accumulate);
    } else {
      hn::Store(low, d32, added + v * kCols);
      hn::Store(high, d32, added + v * kCols + kLanes);
    }
  }
  if (!kFull) {
    store_row(added, target, target.sums);
  }
}

/// Few rows of a, one by one, with an unpacked b.
void multiply_rows(const MatrixView<const std::int16_t>& a, const MatrixView<const std::int16_t>& b,
                   Target target) {
  for (std::int64_t m = 0; m < a.rows(); ++m) {
    const std::int16_t* const row = a.data() + m * a.pitch();
    if (b.cols() == kMaxCols) {
      multiply_row<2, true>(row, b, target);
    } else if (b.cols() > 2 * kLanes) {
      multiply_row<2, false>(row, b, target);
    } else {
      multiply_row<1, false>(row, b, target);
    }
    target.sums += target.pitch;
  }
}

}  // namespace
#endif
}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
