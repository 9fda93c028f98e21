// SPDX-License-Identifier: Apache-2.0
#include "vitsim/reference/network.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "vitsim/core/error.h"

#include "attention.h"
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
        observer_(observer),
        attention_(attention, model.tokens(), model.tokens(), model.head_dim()),
        residual_(model.tokens(), model.embed_dim),
        normed_(model.tokens(), model.embed_dim),
        qkv_(model.tokens(), 3 * std::int64_t{model.embed_dim}),
        context_(model.tokens(), model.embed_dim),
        branch_(model.tokens(), model.embed_dim),
        hidden_(model.tokens(), model.mlp_dim()),
        activated_(model.tokens(), model.mlp_dim()) {
    if (observer && attention != config::Attention::kSoftmax) {
      softmax_.emplace(config::Attention::kSoftmax, model.tokens(), model.tokens(),
                       model.head_dim());
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
    attend();
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
  void attend() {
    for (int head = 0; head < model_.heads; ++head) {
      attention_.run(operands(head), of_head(context_, head),
                     [&](std::string_view name, MatrixView<const float> tensor) {
                       show_of_head(name, head, tensor);
                     });
    }
    if (softmax_) {  // into a buffer that is free until the projection
      for (int head = 0; head < model_.heads; ++head) {
        softmax_->run(operands(head), of_head(branch_, head));
      }
      show_in_block(".attn.softmax_context", branch_.view());
    }
  }

  [[nodiscard]] Head operands(int head) const {
    const std::int64_t d = model_.head_dim();
    const auto part = [&](int third) {
      return qkv_.view().block(0, third * std::int64_t{model_.embed_dim} + head * d,
                               model_.tokens(), d);
    };
    return {part(0), part(1), part(2)};
  }

  MatrixView<float> of_head(Matrix<float>& side_by_side, int head) const {
    const std::int64_t d = model_.head_dim();
    return side_by_side.view().block(0, head * d, model_.tokens(), d);
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
  void show_of_head(std::string_view suffix, int head, MatrixView<const float> tensor) const {
    if (observer_) {
      observer_(fmt::format("{}{}.{}", block_, suffix, head), tensor);
    }
  }

  const config::Model& model_;
  const Weights& weights_;
  const Observer& observer_;
  HeadAttention attention_;
  std::optional<HeadAttention> softmax_;  // for the observer, where the attention is another
  std::string block_;                     // name of the block at work, for the observer
  Matrix<float> residual_;
  Matrix<float> normed_;
  Matrix<float> qkv_;
  Matrix<float> context_;
  Matrix<float> branch_;
  Matrix<float> hidden_;
  Matrix<float> activated_;
};

Matrix<float> attend(config::Attention attention, const Head& head) {
  Matrix<float> context(head.q.rows(), head.v.cols());
  HeadAttention(attention, head.q.rows(), head.k.rows(), head.q.cols()).run(head, context.view());
  return context;
}

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
  return attend(config::Attention::kSoftmax, {q, k, v});
}

Matrix<float> taylor_attention(MatrixView<const float> q, MatrixView<const float> k,
                               MatrixView<const float> v) {
  return attend(config::Attention::kTaylor, {q, k, v});
}

Matrix<float> released_attention(MatrixView<const float> q, MatrixView<const float> k,
                                 MatrixView<const float> v) {
  return attend(config::Attention::kTaylorReleased, {q, k, v});
}

Matrix<float> released_attention(MatrixView<const float> q, MatrixView<const float> k,
                                 MatrixView<const float> v, MatrixView<const float> sparse) {
  Matrix<float> context(q.rows(), v.cols());
  HeadAttention(config::Attention::kTaylorReleased, q.rows(), k.rows(), q.cols())
      .run_released({q, k, v}, sparse, context.view());
  return context;
}

}  // namespace vitsim::reference
