// SPDX-License-Identifier: Apache-2.0
// Highway compiles this file once for each target: the parts up to HWY_ONCE anew in a namespace of
// the target, the rest only the last time.
#include "vitsim/kernels/gemm_tile.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <vector>

#include "vitsim/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm_tile.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#if defined(__clang__)
#define VITSIM_UNROLL _Pragma("clang loop unroll(full)")
#else
#define VITSIM_UNROLL _Pragma("GCC unroll 16")
#endif

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

// Operands lie in words of 32 bits, each with the two (or four, of 8 bits) neighbours in k that one
// instruction multiplies and adds up. b is packed: first the words of all columns for the first k,
// then those for the next. A word of a meets a vector of them, so a lane is a column.

namespace hn = hwy::HWY_NAMESPACE;

using D16 = hn::ScalableTag<std::int16_t>;
using D32 = hn::ScalableTag<std::int32_t>;
using D64 = hn::ScalableTag<std::int64_t>;
using Vector16 = hn::Vec<D16>;
using Vector32 = hn::Vec<D32>;

constexpr std::int64_t kLanes = HWY_MAX_BYTES / sizeof(std::int32_t);
constexpr int kMaxVectors = 4;
constexpr std::int64_t kMaxCols = kMaxVectors * kLanes;
/// Fewer rows are not worth packing b.
constexpr std::int64_t kPackedRows = 4;

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

std::int32_t load_word(const std::byte* at) {
  std::int32_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// The last of an odd number of elements, and 0.
std::int32_t load_half_word(const std::byte* at) {
  std::uint16_t half = 0;
  std::memcpy(&half, at, sizeof half);
  return half;
}

/// The 16-bit elements of as many columns as a vector has lanes; 0 from `cols` on. kFull: there are
/// as many.
template <bool kFull = false>
hn::Vec<hn::Half<D16>> load_columns(const std::int16_t* row, std::int64_t cols) {
  const hn::Half<D16> d;
  if (kFull || cols >= kLanes) {
    return hn::LoadU(d, row);
  }
#if HWY_MEM_OPS_MIGHT_FAULT
  alignas(HWY_MAX_BYTES) std::int16_t padded[kLanes] = {};
  std::copy_n(row, cols, padded);
  return hn::Load(d, padded);
#else
  return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(cols)), d, row);
#endif
}

/// Words of the elements of two rows.
Vector32 zip(hn::Vec<hn::Half<D16>> low, hn::Vec<hn::Half<D16>> high) {
  const D32 d32;
  const hn::RebindToUnsigned<D32> u32;
  const hn::RebindToUnsigned<hn::Half<D16>> u16;
  const auto low32 = hn::PromoteTo(u32, hn::BitCast(u16, low));
  const auto high32 = hn::PromoteTo(u32, hn::BitCast(u16, high));
  return hn::BitCast(d32, hn::Or(low32, hn::ShiftLeft<16>(high32)));
}

/// Operands of 16 bits, two in a word.
struct Pairs {
  /// sum + rest grows by the products, in this lane or, as rest, in others.
  static void add(Vector32 b, Vector32 a, Vector32& sum, [[maybe_unused]] Vector32& rest) {
#if HWY_TARGET == HWY_AVX3_DL
    // Not in Highway 1.0.3. In assembly, as its flags for this target miss AVX512-VNNI, which all
    // processors have that Highway takes for it.
    auto raw = sum.raw;  // a copy, as an operand in memory would keep the sums there
    asm("vpdpwssd %2, %1, %0" : "+v"(raw) : "v"(b.raw), "v"(a.raw));
    sum = Vector32{raw};
#else
    const D16 d16;
    sum = hn::ReorderWidenMulAccumulate(D32(), hn::BitCast(d16, b), hn::BitCast(d16, a), sum, rest);
#endif
  }
};

#if HWY_TARGET == HWY_AVX3_DL
/// Operands of 8 bits, four in a word; those of a without a sign.
struct Quads {
  static void add(Vector32 b, Vector32 a, Vector32& sum, Vector32& /*rest*/) {
    auto raw = sum.raw;
    asm("vpdpbusd %2, %1, %0" : "+v"(raw) : "v"(a.raw), "v"(b.raw));
    sum = Vector32{raw};
  }
};
#endif

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

/// Where sums go.
struct Target {
  std::int64_t* sums;
  std::int64_t pitch;
  std::int64_t cols;
  bool accumulate;
};

void store_vector(Vector32 added, std::int64_t* sums, bool accumulate) {
  const D64 d64;
  const hn::Half<D32> half;
  auto low = hn::PromoteTo(d64, hn::LowerHalf(half, added));
  auto high = hn::PromoteTo(d64, hn::UpperHalf(half, added));
  if (accumulate) {
    low = hn::Add(low, hn::LoadU(d64, sums));
    high = hn::Add(high, hn::LoadU(d64, sums + kLanes / 2));
  }
  hn::StoreU(low, d64, sums);
  hn::StoreU(high, d64, sums + kLanes / 2);
}

void store_row(const std::int32_t* added, const Target& target, std::int64_t* sums) {
  const D64 d64;
  const hn::Rebind<std::int32_t, D64> d32;
  constexpr std::int64_t kStep = kLanes / 2;
  std::int64_t n = 0;
  for (; n + kStep <= target.cols; n += kStep) {
    auto row = hn::PromoteTo(d64, hn::Load(d32, added + n));
    if (target.accumulate) {
      row = hn::Add(row, hn::LoadU(d64, sums + n));
    }
    hn::StoreU(row, d64, sums + n);
  }
#if HWY_MEM_OPS_MIGHT_FAULT
  for (; n < target.cols; ++n) {
    sums[n] = (target.accumulate ? sums[n] : 0) + added[n];
  }
#else
  if (n < target.cols) {
    const auto mask = hn::FirstN(d64, static_cast<std::size_t>(target.cols - n));
    auto row = hn::PromoteTo(d64, hn::Load(d32, added + n));
    if (target.accumulate) {
      row = hn::Add(row, hn::MaskedLoad(mask, d64, sums + n));
    }
    hn::BlendedStore(row, mask, d64, sums + n);
  }
#endif
}

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

std::int64_t padded_cols(std::int64_t cols) { return (cols + kLanes - 1) / kLanes * kLanes; }

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

// Without packing, two rows of b are interleaved in each block of 128 bits: of each eight columns
// `low` has the first four, and `high` the others.

/// Puts their columns in order.
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

#if HWY_TARGET == HWY_AVX3_DL
// The instruction for 8 bits takes one operand without a sign: a + 128. The sums then begin with
// -128 times those of the columns of b.

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
