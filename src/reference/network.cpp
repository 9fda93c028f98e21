// SPDX-License-Identifier: Apache-2.0
#include "vitsim/reference/network.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "vitsim/core/error.h"

#include "operators.h"

namespace vitsim::reference {
namespace {

/// One image on its way through the network: the residual stream and the buffers of a block, which
/// all blocks share.
class Run {
 public:
  Run(const config::Model& model, const Weights& weights, config::Attention attention,
      const Observer& observer)
      : model_(model),
        weights_(weights),
        attention_(attention),
        observer_(observer),
        residual_(model.tokens(), model.embed_dim),
        normed_(model.tokens(), model.embed_dim),
        qkv_(model.tokens(), 3 * std::int64_t{model.embed_dim}),
        context_(model.tokens(), model.embed_dim),
        branch_(model.tokens(), model.embed_dim),
        hidden_(model.tokens(), model.mlp_dim()),
        activated_(model.tokens(), model.mlp_dim()) {
    if (attention_ == config::Attention::kSoftmax) {
      scores_ = Matrix<float>(model.tokens(), model.tokens());
    }
  }

  void embed(MatrixView<const float> patches) {
    show("patches", patches);
    const auto embedded = residual_.view().block(1, 0, model_.patches(), model_.embed_dim);
    linear(patches, weights_.patch_embed, embedded);
    show("patch_embed", embedded);
    std::ranges::copy(weights_.class_token, residual_.row(0).begin());
    add_to(residual_.view(), weights_.position_embedding.view());
    show("embedded", residual_.view());
  }

  void encode(std::size_t index) {
    const EncoderBlock& block = weights_.blocks[index];
    block_ = observer_ ? fmt::format("blocks.{}", index) : "";

    layer_norm(residual_.view(), block.norm1, model_.layer_norm_eps, normed_.view());
    show_in_block(".norm1", normed_.view());
    linear(normed_.view(), block.qkv, qkv_.view());
    show_in_block(".attn.qkv", qkv_.view());
    for (int head = 0; head < model_.heads; ++head) {
      attend(head);
    }
    show_in_block(".attn.context", context_.view());
    linear(context_.view(), block.proj, branch_.view());
    show_in_block(".attn", branch_.view());
    add_to(residual_.view(), branch_.view());
    show_in_block(".residual", residual_.view());

    layer_norm(residual_.view(), block.norm2, model_.layer_norm_eps, normed_.view());
    show_in_block(".norm2", normed_.view());
    linear(normed_.view(), block.fc1, hidden_.view());
    show_in_block(".mlp.fc1", hidden_.view());
    gelu(hidden_.view(), activated_.view());
    show_in_block(".mlp.gelu", activated_.view());
    linear(activated_.view(), block.fc2, branch_.view());
    show_in_block(".mlp", branch_.view());
    add_to(residual_.view(), branch_.view());
    show_in_block("", residual_.view());
  }

  /// Logits of the class token, the only token that the head looks at.
  std::vector<float> classify() {
    Matrix<float> token(1, model_.embed_dim);
    layer_norm(residual_.view().block(0, 0, 1, model_.embed_dim), weights_.norm,
               model_.layer_norm_eps, token.view());
    show("norm", token.view());
    Matrix<float> logits(1, model_.classes);
    linear(token.view(), weights_.head, logits.view());
    show("logits", logits.view());
    return logits.elements();
  }

 private:
  void attend(int head) {
    const std::int64_t d = model_.head_dim();
    const MatrixView<const float> qkv = qkv_.view();
    const auto part = [&](int third) {
      return qkv.block(0, third * std::int64_t{model_.embed_dim} + head * d, model_.tokens(), d);
    };
    const auto context = context_.view().block(0, head * d, model_.tokens(), d);
    if (attention_ == config::Attention::kTaylor) {
      taylor(part(0), part(1), part(2), context);
      return;
    }
    attention_scores(part(0), part(1), scores_.view());
    show_head(".attn.scores", head);
    softmax_rows(scores_.view());
    show_head(".attn.weights", head);
    multiply(scores_.view(), part(2), context);
  }

  void show(const std::string& name, MatrixView<const float> tensor) const {
    if (observer_) {
      observer_(name, tensor);
    }
  }
  void show_in_block(std::string_view suffix, MatrixView<const float> tensor) const {
    if (observer_) {
      observer_(fmt::format("{}{}", block_, suffix), tensor);
    }
  }
  void show_head(std::string_view suffix, int head) const {
    if (observer_) {
      observer_(fmt::format("{}{}.{}", block_, suffix, head), scores_.view());
    }
  }

  const config::Model& model_;
  const Weights& weights_;
  config::Attention attention_;
  const Observer& observer_;
  std::string block_;  // name of the block at work, for the observer
  Matrix<float> residual_;
  Matrix<float> normed_;
  Matrix<float> qkv_;
  Matrix<float> scores_;
  Matrix<float> context_;
  Matrix<float> branch_;
  Matrix<float> hidden_;
  Matrix<float> activated_;
};

}  // namespace

std::vector<float> run_network(const config::Model& model, const Weights& weights,
                               config::Attention attention, MatrixView<const float> patches,
                               const Observer& observer) {
  if (patches.rows() != model.patches() || patches.cols() != model.patch_dim()) {
    throw ModelError(fmt::format(
        "model {}: got an image of {} patches of {} values, expected {} of {}", model.name,
        patches.rows(), patches.cols(), model.patches(), model.patch_dim()));
  }
  Run run(model, weights, attention, observer);
  run.embed(patches);
  for (std::size_t i = 0; i < weights.blocks.size(); ++i) {
    run.encode(i);
  }
  return run.classify();
}

Matrix<float> softmax_attention(MatrixView<const float> q, MatrixView<const float> k,
                                MatrixView<const float> v) {
  Matrix<float> scores(q.rows(), k.rows());
  attention_scores(q, k, scores.view());
  softmax_rows(scores.view());
  Matrix<float> context(q.rows(), v.cols());
  multiply(scores.view(), v, context.view());
  return context;
}

Matrix<float> taylor_attention(MatrixView<const float> q, MatrixView<const float> k,
                               MatrixView<const float> v) {
  Matrix<float> context(q.rows(), v.cols());
  taylor(q, k, v, context.view());
  return context;
}

}  // namespace vitsim::reference
