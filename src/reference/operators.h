// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/core/matrix.h"
#include "vitsim/reference/weights.h"

/// The layers of the float network. Each writes into a matrix that the caller owns, so that a run
/// allocates once; results and operands do not overlap except where said.
namespace vitsim::reference {

/// out = x weight^T + bias.
void linear(MatrixView<const float> x, const Linear& layer, MatrixView<float> out);

/// out = (x - mean) / sqrt(variance + eps) gamma + beta in each row; the variance is the biased
/// one.
void layer_norm(MatrixView<const float> x, const LayerNorm& layer, double eps,
                MatrixView<float> out);

/// out = x (1 + erf(x / sqrt(2))) / 2, elementwise.
void gelu(MatrixView<const float> x, MatrixView<float> out);

/// x = x + y.
void add_to(MatrixView<float> x, MatrixView<const float> y);

/// out = q k^T / sqrt(d).
void attention_scores(MatrixView<const float> q, MatrixView<const float> k, MatrixView<float> out);

/// Softmax of each row in place, the row's maximum taken off first.
void softmax_rows(MatrixView<float> rows);

/// out = a b.
void multiply(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out);

/// Algorithm 1 of ViTALiTy (HPCA 2023) for one head.
void taylor(MatrixView<const float> q, MatrixView<const float> k, MatrixView<const float> v,
            MatrixView<float> out);

}  // namespace vitsim::reference
