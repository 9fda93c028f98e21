// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/config/model.h"
#include "vitsim/core/matrix.h"
#include "vitsim/reference/weights.h"

namespace vitsim::reference {

/// Is shown each intermediate tensor as it is made. Names: `patches`, `patch_embed`, `embedded`;
/// for block i `blocks.i.norm1`, `blocks.i.attn.qkv`, `blocks.i.attn.scores.h` (head h: QK^T with
/// 1/sqrt(d) folded in), `blocks.i.attn.weights.h` (softmax of it), `blocks.i.attn.context` (all
/// heads side by side), `blocks.i.attn` (after the projection, before the residual addition),
/// `blocks.i.residual` (after it), `blocks.i.norm2`, `blocks.i.mlp.fc1` (before GELU),
/// `blocks.i.mlp.gelu`, `blocks.i.mlp` (before the residual addition), `blocks.i` (after it);
/// `norm` (of the class token alone, [1 x embed_dim]), `logits` ([1 x classes]).
/// In place of scores and weights, Taylor attention has `blocks.i.attn.k_hat.h` [n x d] and
/// `blocks.i.attn.g.h` [d x d]; the released code's has these (K centred over features), then
/// scores and weights (of the sparse part, after the threshold) and `blocks.i.attn.low_rank.h`
/// (Q G / sqrt(d)). Both have `blocks.i.attn.softmax_context`, what softmax would have made of the
/// same q, k and v, before `.attn.context`.
using Observer = std::function<void(const std::string& name, MatrixView<const float> tensor)>;

/// The float32 network. `patches` is [patches x patch_dim] of normalized pixels. Returns the
/// logits. `observer` may be empty.
std::vector<float> run_network(const config::Model& model, const Weights& weights,
                               config::Attention attention, MatrixView<const float> patches,
                               const Observer& observer = {});

/// Softmax attention of one head; q, k, v are [n x d]. Returns [n x d].
Matrix<float> softmax_attention(MatrixView<const float> q, MatrixView<const float> k,
                                MatrixView<const float> v);

/// Taylor attention of one head: Algorithm 1 of ViTALiTy (HPCA 2023).
Matrix<float> taylor_attention(MatrixView<const float> q, MatrixView<const float> k,
                               MatrixView<const float> v);

/// The attention of ViTALiTy's released code, which is not Algorithm 1, for one head:
/// (S V + Q K_c^T V) / sqrt(d). K_c is K less each token's mean over its features. S is
/// softmax(Q4 K4^T / sqrt(d)), entries up to 0.002 set to 0 and the rest left as it is; Q4 and K4
/// are Q and K in 4 bits, asymmetric; one scale a head is our choice, as it is not published.
Matrix<float> released_attention(MatrixView<const float> q, MatrixView<const float> k,
                                 MatrixView<const float> v);
/// The same with a given S, [n x n].
Matrix<float> released_attention(MatrixView<const float> q, MatrixView<const float> k,
                                 MatrixView<const float> v, MatrixView<const float> sparse);

}  // namespace vitsim::reference
