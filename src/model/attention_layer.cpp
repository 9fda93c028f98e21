// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/attention_layer.h"

#include <string>
#include <utility>

#include "attention_graph.h"
#include "graph_builder.h"

namespace vitsim::model {

Graph build_attention_graph(const config::Config& config, const AttentionShape& shape,
                            config::Attention attention) {
  const std::string name = "blocks.0.attn";
  const reference::Ranges ranges = reference::fixed_attention_ranges(name, shape.tokens, attention);
  GraphBuilder builder(config, ranges);
  const std::int64_t dim = shape.heads * shape.head_dim;
  const TensorId qkv = builder.input(
      "qkv", shape.tokens, 3 * dim,
      {builder.scale(name + ".q"), builder.scale(name + ".k"), builder.scale(name + ".v")});
  const TensorId context =
      builder.activation(name + ".context", shape.tokens, dim, builder.activation_bits(),
                         {builder.scale(name + ".context")});
  builder.graph().input = qkv;
  builder.graph().logits = context;
  add_attention(builder, {name, qkv, context, shape.tokens, shape.heads, shape.head_dim},
                attention);
  return std::move(builder.graph());
}

}  // namespace vitsim::model
