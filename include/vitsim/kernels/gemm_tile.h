// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "vitsim/core/matrix.h"

namespace vitsim::kernels {

/// One way to compute a strip of a matrix product, for one instruction set:
/// sums[m, n] = sum over k of a[m, k] * b[k, n], added to what is there where `accumulate`.
/// b has at most `max_cols` columns and kMaxTileDepth rows, and no sum over them may leave 32 bits.
struct GemmTile {
  std::string_view name;
  std::int64_t max_cols;
  void (*run)(MatrixView<const std::int16_t> a, MatrixView<const std::int16_t> b,
              MatrixView<std::int64_t> sums, bool accumulate);
};

/// Rows of b in a tile, such that a strip of 32 columns stays in a first-level cache.
inline constexpr std::int64_t kMaxTileDepth = 256;

/// The tiles that this processor can run, the fastest first. All give equal sums.
std::span<const GemmTile> gemm_tiles();

/// gemm() by one of them.
void gemm_by(const GemmTile& tile, MatrixView<const std::int16_t> a,
             MatrixView<const std::int16_t> b, MatrixView<std::int64_t> sums, int a_bits,
             int b_bits);

}  // namespace vitsim::kernels
