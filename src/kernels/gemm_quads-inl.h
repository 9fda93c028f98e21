// SPDX-License-Identifier: Apache-2.0
// Products of operands of up to 8 bits, four in a word; included once for each target of Highway.
//
// Only with VNNI. Its instruction takes one operand without a sign: a + 128. The sums then begin
// with -128 times those of the columns of b. Both are packed, b with zeros up to a multiple of four
// rows, so what a has there does not matter.
#if defined(VITSIM_KERNELS_GEMM_QUADS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VITSIM_KERNELS_GEMM_QUADS_INL
#undef VITSIM_KERNELS_GEMM_QUADS_INL
#else
#define VITSIM_KERNELS_GEMM_QUADS_INL
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

#if VITSIM_VNNI
constexpr std::int32_t kOffset = 128;

/// Packs up to kLanes columns of b, words of which are `pitch` apart. Returns what their sums begin
/// with.
template <bool kFull>
Vector32 pack_quads(MatrixView<const std::int16_t> b, std::int64_t pitch, std::int32_t* words) {
  using Half16 = hn::Half<D16>;
  const D32 d32;
  const Vector32 offsets = hn::Set(d32, kOffset * 0x01010101);
  const auto low_bytes = hn::Set(Half16(), 0xFF);
  Vector32 sums = hn::Zero(d32);
  Vector32 rest = hn::Zero(d32);
  const std::int16_t* row = b.data();
  const auto load = [&](std::int64_t r)
                        HWY_ATTR { return load_columns<kFull>(row + r * b.pitch(), b.cols()); };
  const auto pack = [&](auto row0, auto row1, auto row2, auto row3) HWY_ATTR {
    const auto low = hn::Or(hn::And(row0, low_bytes), hn::ShiftLeft<8>(row1));
    const auto high = hn::Or(hn::And(row2, low_bytes), hn::ShiftLeft<8>(row3));
    const Vector32 quads = zip(low, high);
    hn::Store(quads, d32, words);
    Quads::add(quads, offsets, sums, rest);
  };
  for (std::int64_t quads = b.rows() / 4; quads > 0; --quads) {
    pack(load(0), load(1), load(2), load(3));
    row += 4 * b.pitch();
    words += pitch;
  }
  const auto zero = hn::Zero(Half16());
  const std::int64_t left = b.rows() % 4;
  if (left > 0) {
    pack(load(0), left > 1 ? load(1) : zero, left > 2 ? load(2) : zero, zero);
  }
  return hn::Neg(sums);
}

void pack_all_quads(MatrixView<const std::int16_t> b, std::int32_t* words, std::int32_t* start) {
  const std::int64_t pitch = padded_cols(b.cols());
  for (std::int64_t n = 0; n < b.cols(); n += kLanes) {
    const std::int64_t cols = std::min(b.cols() - n, kLanes);
    const auto columns = b.block(0, n, b.rows(), cols);
    const Vector32 first =
        (cols == kLanes ? pack_quads<true> : pack_quads<false>)(columns, pitch, words + n);
    hn::Store(first, D32(), start + n);
  }
}

/// Bytes of a row of a, offset; those up to a whole number of vectors are of no meaning.
void pack_row(const std::int16_t* row, std::int64_t count, std::uint8_t* bytes) {
  const D16 d16;
  const hn::Half<hn::ScalableTag<std::uint8_t>> d8;
  const auto offset = hn::Set(d16, kOffset);
  constexpr std::int64_t kStep = 2 * kLanes;
  const auto store = [&](Vector16 values, std::int64_t k) HWY_ATTR {
    hn::Store(hn::DemoteTo(d8, hn::Add(values, offset)), d8, bytes + k);
  };
  std::int64_t k = 0;
  for (; k + kStep <= count; k += kStep) {
    store(hn::LoadU(d16, row + k), k);
  }
  if (k < count) {
    store(hn::MaskedLoad(hn::FirstN(d16, static_cast<std::size_t>(count - k)), d16, row + k), k);
  }
}

/// A GemmStrip for operands of at most 8 bits.
void tile_of_bytes(const MatrixView<const std::int16_t>& a, const MatrixView<const std::int16_t>& b,
                   const MatrixView<std::int64_t>& sums, bool accumulate) {
  assert(b.cols() <= kMaxCols && b.rows() <= kMaxTileDepth);
  constexpr std::int64_t kGroup = 2 * kRowsOfFour * kRowsOfTwo;
  Target target{sums.data(), sums.pitch(), b.cols(), accumulate};
  if (a.rows() < kPackedRows) {
    multiply_rows(a, b, target);
    return;
  }
  alignas(HWY_MAX_BYTES) thread_local std::int32_t words[kMaxTileDepth / 4 * kMaxCols];
  alignas(HWY_MAX_BYTES) thread_local std::uint8_t bytes[kGroup * kMaxTileDepth];
  alignas(HWY_MAX_BYTES) std::int32_t start[kMaxCols];
  pack_all_quads(b, words, start);
  const Rows rows{reinterpret_cast<const std::byte*>(bytes), kMaxTileDepth, (b.rows() + 3) / 4,
                  false};
  for (std::int64_t m = 0; m < a.rows(); m += kGroup) {
    const std::int64_t group = std::min(kGroup, a.rows() - m);
    for (std::int64_t r = 0; r < group; ++r) {
      pack_row(a.data() + (m + r) * a.pitch(), b.rows(), bytes + r * kMaxTileDepth);
    }
    multiply_all<Quads>(rows, group, {words, padded_cols(b.cols()), start}, target);
    target.sums += group * target.pitch;
  }
}
#else
constexpr GemmStrip tile_of_bytes = nullptr;
#endif

}  // namespace
#endif
}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
