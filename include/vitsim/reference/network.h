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
/// Taylor attention has no scores and weights.
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

}  // namespace vitsim::reference
