// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "vitsim/core/matrix.h"

namespace vitsim::kernels {

/// sums[m, n] = sum over k of a[m, k] * b[k, n], exact. Shapes [M x K] [K x N] [M x N].
/// `a_bits` and `b_bits` are the widths of the operands (at most 16): they say how many products
/// fit 32 bits; the values must fit them.
void gemm(MatrixView<const std::int16_t> a, MatrixView<const std::int16_t> b,
          MatrixView<std::int64_t> sums, int a_bits, int b_bits);

/// One row of the same: sums[n] = sum over k of a[k] * b[k, n].
void gemm_row(std::span<const std::int16_t> a, MatrixView<const std::int16_t> b,
              std::span<std::int64_t> sums, int a_bits, int b_bits);

}  // namespace vitsim::kernels
