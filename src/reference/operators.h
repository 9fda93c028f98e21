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

/// out = a^T b.
void multiply_transposed(MatrixView<const float> a, MatrixView<const float> b,
                         MatrixView<float> out);

/// x = x / sqrt(dimension).
void divide_by_sqrt(MatrixView<float> x, std::int64_t dimension);

/// out = k less its mean over all rows.
void center_over_tokens(MatrixView<const float> k, MatrixView<float> out);

/// out = k less, in each row, the row's own mean.
void center_over_features(MatrixView<const float> k, MatrixView<float> out);

/// Steps 3 to 6 of ViTALiTy's Algorithm 1 (HPCA 2023) for one head, from K_hat and G.
void taylor_quotient(MatrixView<const float> q, MatrixView<const float> k_hat,
                     MatrixView<const float> v, MatrixView<const float> g, MatrixView<float> out);

/// out = x in 4 bits with one scale and an integer zero point for all elements: the 16 levels
/// span 0 and all of x.
void fake_quantize(MatrixView<const float> x, MatrixView<float> out);

/// Sets elements up to `threshold` to 0.
void cut_off(MatrixView<float> x, float threshold);

}  // namespace vitsim::reference
