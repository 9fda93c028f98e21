// SPDX-License-Identifier: Apache-2.0
#include "gemm_tile_x86.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <algorithm>
#include <cassert>
#include <cstring>

#include <immintrin.h>

// GCC 12 warns of its own _mm512_undefined_epi32() wherever an intrinsic that has one is inlined.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace vitsim::kernels {
namespace {

// Two rows of b are interleaved, so that one instruction adds a[k] b[k, n] + a[k+1] b[k+1, n] to
// the 32-bit sum of column n. Interleaving works within 128 bits: of each eight columns, the sums
// of the first four lie in `low` and the others in `high`.

/// A few rows of a times a tile of b.
struct Strip {
  const std::int16_t* a;
  std::int64_t a_pitch;
  const std::int16_t* b;
  std::int64_t b_pitch;
  std::int64_t depth;
  std::int64_t cols;
  std::int64_t* sums;
  std::int64_t sums_pitch;
  bool accumulate;
};

/// Calls `many` for each `many_rows` rows and `single` for each one that is left.
void for_row_groups(Strip strip, std::int64_t rows, std::int64_t many_rows,
                    void (*many)(const Strip&), void (*single)(const Strip&)) {
  while (rows > 0) {
    const std::int64_t group = rows >= many_rows ? many_rows : 1;
    (group == 1 ? single : many)(strip);
    strip.a += group * strip.a_pitch;
    strip.sums += group * strip.sums_pitch;
    rows -= group;
  }
}

/// Two neighbours of a row of a in 32 bits; 0 for the second where the row ends with the first.
inline std::int32_t load_pair(const std::int16_t* a, bool has_second) {
  if (!has_second) {
    return static_cast<std::uint16_t>(*a);
  }
  std::int32_t pair = 0;
  std::memcpy(&pair, a, sizeof(pair));
  return pair;
}

namespace avx512 {

constexpr std::int64_t kCols = 32;
constexpr int kRows = 8;

#define VITSIM_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))

/// Eight 32-bit sums to 64 bits, added to what is there or not.
VITSIM_AVX512 inline void store(std::int64_t* sums, __mmask8 mask, __m256i added, bool accumulate) {
  const __m512i before = _mm512_maskz_loadu_epi64(accumulate ? mask : __mmask8{0}, sums);
  _mm512_mask_storeu_epi64(sums, mask, _mm512_add_epi64(before, _mm512_cvtepi32_epi64(added)));
}

template <int kGroupRows>
VITSIM_AVX512 void multiply(const Strip& strip) {
  const auto mask = static_cast<__mmask32>((std::uint64_t{1} << strip.cols) - 1);
  __m512i low[kGroupRows];
  __m512i high[kGroupRows];
  for (int r = 0; r < kGroupRows; ++r) {
    low[r] = _mm512_setzero_si512();
    high[r] = _mm512_setzero_si512();
  }
  for (std::int64_t k = 0; k < strip.depth; k += 2) {
    const bool has_second = k + 1 < strip.depth;
    const std::int16_t* const b = strip.b + k * strip.b_pitch;
    const __m512i first = _mm512_maskz_loadu_epi16(mask, b);
    const __m512i second =
        has_second ? _mm512_maskz_loadu_epi16(mask, b + strip.b_pitch) : _mm512_setzero_si512();
    const __m512i b_low = _mm512_unpacklo_epi16(first, second);
    const __m512i b_high = _mm512_unpackhi_epi16(first, second);
    for (int r = 0; r < kGroupRows; ++r) {
      const __m512i pair =
          _mm512_set1_epi32(load_pair(strip.a + r * strip.a_pitch + k, has_second));
      low[r] = _mm512_dpwssd_epi32(low[r], b_low, pair);
      high[r] = _mm512_dpwssd_epi32(high[r], b_high, pair);
    }
  }
  const __m512i order_left =
      _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const __m512i order_right =
      _mm512_setr_epi32(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  for (int r = 0; r < kGroupRows; ++r) {
    std::int64_t* const sums = strip.sums + r * strip.sums_pitch;
    const __m512i left = _mm512_permutex2var_epi32(low[r], order_left, high[r]);
    const __m512i right = _mm512_permutex2var_epi32(low[r], order_right, high[r]);
    const __m256i eights[] = {_mm512_castsi512_si256(left), _mm512_extracti32x8_epi32(left, 1),
                              _mm512_castsi512_si256(right), _mm512_extracti32x8_epi32(right, 1)};
    for (std::int64_t i = 0; 8 * i < strip.cols; ++i) {
      store(sums + 8 * i, static_cast<__mmask8>(mask >> (8 * i)), eights[i], strip.accumulate);
    }
  }
}

void tile(MatrixView<const std::int16_t> a, MatrixView<const std::int16_t> b,
          MatrixView<std::int64_t> sums, bool accumulate) {
  assert(b.cols() <= kCols);
  for_row_groups({a.data(), a.pitch(), b.data(), b.pitch(), b.rows(), b.cols(), sums.data(),
                  sums.pitch(), accumulate},
                 a.rows(), kRows, multiply<kRows>, multiply<1>);
}

}  // namespace avx512

namespace avx2 {

constexpr std::int64_t kCols = 16;
constexpr int kRows = 4;

#define VITSIM_AVX2 __attribute__((target("avx2")))

/// Four 32-bit sums to 64 bits, added to what is there or not.
VITSIM_AVX2 inline void store(std::int64_t* sums, __m128i added, bool accumulate) {
  auto* const target = reinterpret_cast<__m256i*>(sums);
  const __m256i before = accumulate ? _mm256_loadu_si256(target) : _mm256_setzero_si256();
  _mm256_storeu_si256(target, _mm256_add_epi64(before, _mm256_cvtepi32_epi64(added)));
}

/// All 16 columns, whatever strip.cols says.
template <int kGroupRows>
VITSIM_AVX2 void multiply(const Strip& strip) {
  __m256i low[kGroupRows];
  __m256i high[kGroupRows];
  for (int r = 0; r < kGroupRows; ++r) {
    low[r] = _mm256_setzero_si256();
    high[r] = _mm256_setzero_si256();
  }
  for (std::int64_t k = 0; k < strip.depth; k += 2) {
    const bool has_second = k + 1 < strip.depth;
    const std::int16_t* const b = strip.b + k * strip.b_pitch;
    const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b));
    const __m256i second =
        has_second ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + strip.b_pitch))
                   : _mm256_setzero_si256();
    const __m256i b_low = _mm256_unpacklo_epi16(first, second);
    const __m256i b_high = _mm256_unpackhi_epi16(first, second);
    for (int r = 0; r < kGroupRows; ++r) {
      const __m256i pair =
          _mm256_set1_epi32(load_pair(strip.a + r * strip.a_pitch + k, has_second));
      low[r] = _mm256_add_epi32(low[r], _mm256_madd_epi16(b_low, pair));
      high[r] = _mm256_add_epi32(high[r], _mm256_madd_epi16(b_high, pair));
    }
  }
  for (int r = 0; r < kGroupRows; ++r) {
    std::int64_t* const sums = strip.sums + r * strip.sums_pitch;
    store(sums, _mm256_castsi256_si128(low[r]), strip.accumulate);
    store(sums + 4, _mm256_castsi256_si128(high[r]), strip.accumulate);
    store(sums + 8, _mm256_extracti128_si256(low[r], 1), strip.accumulate);
    store(sums + 12, _mm256_extracti128_si256(high[r], 1), strip.accumulate);
  }
}

/// A narrower tile, through copies of b and of single rows of sums that are as wide as a tile.
void narrow_tile(MatrixView<const std::int16_t> a, MatrixView<const std::int16_t> b,
                 MatrixView<std::int64_t> sums, bool accumulate) {
  assert(b.rows() <= kMaxTileDepth && b.cols() < kCols);
  std::int16_t wide_b[kMaxTileDepth * kCols];
  for (std::int64_t k = 0; k < b.rows(); ++k) {
    const std::int16_t* const row = b.data() + k * b.pitch();
    std::fill_n(std::copy_n(row, b.cols(), wide_b + k * kCols), kCols - b.cols(), std::int16_t{0});
  }
  for (std::int64_t m = 0; m < a.rows(); m += kRows) {
    const std::int64_t rows = std::min<std::int64_t>(kRows, a.rows() - m);
    std::int64_t wide_sums[kRows * kCols];
    for_row_groups({a.data() + m * a.pitch(), a.pitch(), wide_b, kCols, b.rows(), kCols, wide_sums,
                    kCols, false},
                   rows, kRows, multiply<kRows>, multiply<1>);
    for (std::int64_t r = 0; r < rows; ++r) {
      std::int64_t* const row = sums.data() + (m + r) * sums.pitch();
      for (std::int64_t n = 0; n < b.cols(); ++n) {
        row[n] = (accumulate ? row[n] : 0) + wide_sums[r * kCols + n];
      }
    }
  }
}

void tile(MatrixView<const std::int16_t> a, MatrixView<const std::int16_t> b,
          MatrixView<std::int64_t> sums, bool accumulate) {
  if (b.cols() < kCols) {
    narrow_tile(a, b, sums, accumulate);
    return;
  }
  for_row_groups({a.data(), a.pitch(), b.data(), b.pitch(), b.rows(), kCols, sums.data(),
                  sums.pitch(), accumulate},
                 a.rows(), kRows, multiply<kRows>, multiply<1>);
}

}  // namespace avx2
}  // namespace

std::vector<GemmTile> x86_gemm_tiles() {
  std::vector<GemmTile> tiles;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")) {
    tiles.push_back({"avx512", avx512::kCols, avx512::tile});
  }
  if (__builtin_cpu_supports("avx2")) {
    tiles.push_back({"avx2", avx2::kCols, avx2::tile});
  }
  return tiles;
}

}  // namespace vitsim::kernels

#else

namespace vitsim::kernels {

std::vector<GemmTile> x86_gemm_tiles() { return {}; }

}  // namespace vitsim::kernels

#endif
