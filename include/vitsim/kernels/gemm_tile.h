// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "vitsim/core/matrix.h"

namespace vitsim::kernels {

/// Computes a strip of a matrix product: sums[m, n] = sum over k of a[m, k] * b[k, n], added to
/// what is there where `accumulate`. b has at least one and at most kMaxTileDepth rows, and no sum
/// over them may leave 32 bits.
using GemmStrip = void (*)(const MatrixView<const std::int16_t>& a,
                           const MatrixView<const std::int16_t>& b,
                           const MatrixView<std::int64_t>& sums, bool accumulate);

/// One way to compute strips, for one instruction set.
struct GemmTile {
  std::string_view name;
  std::int64_t max_cols;          ///< columns of b and of sums in a strip
  GemmStrip run;                  ///< for operands of any width
  GemmStrip run_bytes = nullptr;  ///< for operands of at most 8 bits where that is faster
};

/// Rows of b in a tile, such that a strip of them stays in a first-level cache.
inline constexpr std::int64_t kMaxTileDepth = 256;

/// The tiles that this processor can run, the fastest first. All give equal sums.
std::span<const GemmTile> gemm_tiles();

/// gemm() by one of them.
void gemm_by(const GemmTile& tile, MatrixView<const std::int16_t> a,
             MatrixView<const std::int16_t> b, MatrixView<std::int64_t> sums, int a_bits,
             int b_bits);

}  // namespace vitsim::kernels
