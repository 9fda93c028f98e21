// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/gemm.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "vitsim/kernels/gemm_tile.h"

namespace vitsim::kernels {
namespace {

/// Products that must fit 32 bits for a tile to be faster than 64-bit sums.
constexpr std::int64_t kWorthwhileDepth = 4;

/// How many products of the widest operands surely add up in 32 bits.
std::int64_t exact_depth(int a_bits, int b_bits) {
  assert(a_bits >= 1 && a_bits <= 16 && b_bits >= 1 && b_bits <= 16);
  return std::numeric_limits<std::int32_t>::max() >> (a_bits + b_bits - 2);
}

/// For operands so wide that hardly two products fit 32 bits.
void gemm_wide(MatrixView<const std::int16_t> a, MatrixView<const std::int16_t> b,
               MatrixView<std::int64_t> sums) {
  for (std::int64_t m = 0; m < a.rows(); ++m) {
    std::int64_t* const row = sums.data() + m * sums.pitch();
    std::fill_n(row, sums.cols(), 0);
    for (std::int64_t k = 0; k < a.cols(); ++k) {
      const std::int32_t factor = a(m, k);
      const std::int16_t* const b_row = b.data() + k * b.pitch();
      for (std::int64_t n = 0; n < b.cols(); ++n) {
        const std::int32_t product = factor * b_row[n];
        row[n] += product;
      }
    }
  }
}

}  // namespace

void gemm_by(const GemmTile& tile, MatrixView<const std::int16_t> a,
             MatrixView<const std::int16_t> b, MatrixView<std::int64_t> sums, int a_bits,
             int b_bits) {
  assert(a.cols() == b.rows() && sums.rows() == a.rows() && sums.cols() == b.cols());
  // Even, as the tiles take two products at a time.
  const std::int64_t depth =
      std::min(exact_depth(a_bits, b_bits), kMaxTileDepth) & ~std::int64_t{1};
  if (depth < kWorthwhileDepth || a.cols() == 0) {
    gemm_wide(a, b, sums);
    return;
  }
  const bool bytes = tile.run_bytes != nullptr && a_bits <= 8 && b_bits <= 8;
  const GemmStrip run = bytes ? tile.run_bytes : tile.run;
  if (a.cols() <= depth && b.cols() <= tile.max_cols) {
    run(a, b, sums, false);
    return;
  }
  for (std::int64_t k = 0; k < a.cols(); k += depth) {
    const std::int64_t tile_depth = std::min(depth, a.cols() - k);
    for (std::int64_t n = 0; n < b.cols(); n += tile.max_cols) {
      const std::int64_t cols = std::min(tile.max_cols, b.cols() - n);
      run(a.block(0, k, a.rows(), tile_depth), b.block(k, n, tile_depth, cols),
          sums.block(0, n, sums.rows(), cols), k > 0);
    }
  }
}

void gemm(MatrixView<const std::int16_t> a, MatrixView<const std::int16_t> b,
          MatrixView<std::int64_t> sums, int a_bits, int b_bits) {
  gemm_by(gemm_tiles().front(), a, b, sums, a_bits, b_bits);
}

void gemm_row(std::span<const std::int16_t> a, MatrixView<const std::int16_t> b,
              std::span<std::int64_t> sums, int a_bits, int b_bits) {
  const auto depth = static_cast<std::int64_t>(a.size());
  const auto cols = static_cast<std::int64_t>(sums.size());
  gemm_by(gemm_tiles().front(), {a.data(), 1, depth, depth}, b, {sums.data(), 1, cols, cols},
          a_bits, b_bits);
}

}  // namespace vitsim::kernels
