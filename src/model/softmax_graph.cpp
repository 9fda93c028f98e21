// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <vector>

#include "vitsim/model/row_kernels.h"

#include "attention_graph.h"

namespace vitsim::model {
namespace {

void add_weighted_sum(GraphBuilder& builder, const Heads& heads, int head, const View& weights) {
  const double factor = builder.tensor(weights.tensor).scales.front() *
                        builder.tensor(heads.qkv).scales[2] /
                        builder.tensor(heads.context).scales.front();
  builder.op(
      heads.of_head("av", head), heads.name + ".av", heads.out(head),
      Matmul{.lhs = weights, .rhs = heads.v(head), .uniform = {0, kernels::make_rescale(factor)}});
}

}  // namespace

View add_attention_weights(GraphBuilder& builder, const Heads& heads, int head, const View& queries,
                           const View& keys, double threshold) {
  const double scores_scale = builder.scale(heads.name + ".scores");
  const TensorId scores =
      builder.head_activation(heads.of_head("scores", head), heads.tokens, heads.tokens,
                              builder.activation_bits(), {scores_scale});
  const auto scale_of = [&](const View& view) {
    return builder.tensor(view.tensor).scale_of_column(view.col);
  };
  const double factor = scale_of(queries) * scale_of(keys) /
                        std::sqrt(static_cast<double>(heads.head_dim)) / scores_scale;
  builder.op(heads.of_head("qk", head), heads.name + ".qk", builder.whole(scores),
             Matmul{.lhs = queries,
                    .rhs = keys,
                    .rhs_transposed = true,
                    .uniform = {0, kernels::make_rescale(factor)}});
  const auto& unit = *builder.config().accelerator.softmax_unit;
  const TensorId weights =
      builder.head_activation(heads.of_head("weights", head), heads.tokens, heads.tokens,
                              unit.output_bits, {softmax_output_scale(unit)});
  builder.op(heads.of_head("softmax", head), heads.name + ".softmax", builder.whole(weights),
             Softmax{builder.whole(scores), make_softmax(unit, scores_scale, threshold)});
  return builder.whole(weights);
}

void add_softmax_attention(GraphBuilder& builder, const Heads& heads) {
  require_unit(builder.config().accelerator.softmax_unit.has_value(), "softmax_unit", "softmax");
  // The next head's scores come before this head's weighted sum of V: the array works while the
  // softmax unit does.
  std::vector<View> weights;
  for (int head = 0; head <= heads.heads; ++head) {
    if (head < heads.heads) {
      weights.push_back(add_attention_weights(builder, heads, head, heads.q(head), heads.k(head)));
    }
    if (head > 0) {
      add_weighted_sum(builder, heads, head - 1, weights[static_cast<std::size_t>(head - 1)]);
    }
  }
}

}  // namespace vitsim::model
