// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph_builder.h"

/// The operators of one encoder block's attention, from queries, keys and values to the context.
namespace vitsim::model {

/// Where an attention's operands lie, all heads side by side.
struct Heads {
  std::string name;       ///< `blocks.i.attn`
  TensorId qkv = -1;      ///< [tokens x 3 heads head_dim]: Q, K, V, each with its scale
  TensorId context = -1;  ///< [tokens x heads head_dim]
  std::int64_t tokens = 0;
  int heads = 1;
  std::int64_t head_dim = 0;

  [[nodiscard]] View q(int head) const { return part(0, head); }
  [[nodiscard]] View k(int head) const { return part(1, head); }
  [[nodiscard]] View v(int head) const { return part(2, head); }
  [[nodiscard]] View out(int head) const { return {context, 0, head * head_dim, tokens, head_dim}; }
  /// The name of one head's operator or tensor.
  [[nodiscard]] std::string of_head(const std::string& what, int head) const {
    return name + "." + what + "." + std::to_string(head);
  }

 private:
  [[nodiscard]] View part(int third, int head) const {
    return {qkv, 0, (std::int64_t{third} * heads + head) * head_dim, tokens, head_dim};
  }
};

/// Appends the attention that `kind` names. ConfigError where the machine lacks a unit for it.
void add_attention(GraphBuilder& builder, const Heads& heads, config::Attention kind);

void add_softmax_attention(GraphBuilder& builder, const Heads& heads);
void add_taylor_attention(GraphBuilder& builder, const Heads& heads);
void add_released_attention(GraphBuilder& builder, const Heads& heads);

/// softmax(lhs rhs^T / sqrt(d)) of one head, where the operands have these scales; weights at or
/// below `threshold` become 0.
View add_attention_weights(GraphBuilder& builder, const Heads& heads, int head, const View& queries,
                           const View& keys, double threshold = 0);

/// Names the section that is missing; `what` says what for.
void require_unit(bool exists, const char* unit, const char* what);

}  // namespace vitsim::model
