// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <string>

#include "attention_graph.h"
#include "taylor_numbers.h"

namespace vitsim::model {
namespace {

/// Attention weights at or below this are left out.
constexpr double kMaskThreshold = 0.002;
/// Steps of the 4-bit queries and keys from which S is computed.
constexpr int kMaskSteps = 15;
/// Width of a step's number less that of zero.
constexpr int kMaskBits = 5;

/// What ViTALiTy's published code computes: out = (S V + Q (K_c^T V)) d^-1/2, where K_c is centred
/// over the features of each token and S = softmax(Q4 K4^T d^-1/2) where that is above 0.002.
class ReleasedAttention {
 public:
  ReleasedAttention(GraphBuilder& builder, const Heads& heads)
      : builder_(builder),
        heads_(heads),
        pipeline_(*builder.config().accelerator.taylor_pipeline) {}

  void run() {
    const bool across = pipeline_.overlap == config::Overlap::kAcrossHeads;
    for (int head = 0; head < heads_.heads; ++head) {
      if (!across) {
        builder_.wait_for_all();
      }
      const View low_rank = add_low_rank(head);
      step();
      const View queries = narrow("q4", "q", heads_.q(head), head);
      const View keys = narrow("k4", "k", heads_.k(head), head);
      step();
      const View weights =
          add_attention_weights(builder_, heads_, head, queries, keys, kMaskThreshold);
      step();
      add_context(head, weights, low_rank);
    }
  }

 private:
  void step() {
    if (pipeline_.overlap == config::Overlap::kNone) {
      builder_.wait_for_all();
    }
  }
  [[nodiscard]] double scale_of(const View& view) const {
    return builder_.tensor(view.tensor).scale_of_column(view.col);
  }
  [[nodiscard]] double root() const { return std::sqrt(static_cast<double>(heads_.head_dim)); }

  /// Q (K_c^T V) d^-1/2, in 16 bits at the scale of the context.
  View add_low_rank(int head) {
    const double k_hat_scale = std::ldexp(scale_of(heads_.k(head)), -pipeline_.k_hat_fraction_bits);
    const View k_hat = builder_.whole(
        builder_.head_activation(heads_.of_head("k_hat", head), heads_.tokens, heads_.head_dim,
                                 pipeline_.k_hat_bits, {k_hat_scale}));
    builder_.op(
        heads_.of_head("k_hat", head), heads_.name + ".k_hat", k_hat,
        CenterFeatures{
            heads_.k(head),
            {heads_.head_dim, pipeline_.mean_fraction_bits, division_of(pipeline_.divider_array)},
            {pipeline_.mean_fraction_bits, pipeline_.k_hat_fraction_bits, pipeline_.k_hat_bits}});
    step();
    const double g_scale = builder_.scale(heads_.name + ".g", pipeline_.g_bits);
    const View g = builder_.whole(builder_.head_activation(
        heads_.of_head("g", head), heads_.head_dim, heads_.head_dim, pipeline_.g_bits, {g_scale}));
    const double to_g = k_hat_scale * scale_of(heads_.v(head)) / g_scale;
    builder_.op(heads_.of_head("g", head), heads_.name + ".g", g,
                Matmul{.lhs = k_hat,
                       .rhs = heads_.v(head),
                       .lhs_transposed = true,
                       .uniform = {0, kernels::make_rescale(to_g)},
                       .count_clipped = true});
    step();
    const double context_scale = scale_of(heads_.out(head));
    const View low_rank =
        builder_.whole(builder_.head_activation(heads_.of_head("low_rank", head), heads_.tokens,
                                                heads_.head_dim, kWordBits, {context_scale}));
    const double factor = scale_of(heads_.q(head)) * g_scale / root() / context_scale;
    builder_.op(
        heads_.of_head("low_rank", head), heads_.name + ".low_rank", low_rank,
        Matmul{.lhs = heads_.q(head), .rhs = g, .uniform = {0, kernels::make_rescale(factor)}});
    return low_rank;
  }

  /// The operand in 16 steps, less the step that stands for zero.
  View narrow(const char* what, const std::string& operand, const View& in, int head) {
    const std::string range = heads_.name + "." + operand;
    const double lowest = builder_.range(range + "_lowest");
    const double step_size = (lowest + builder_.range(range + "_highest")) / kMaskSteps;
    const auto zero = static_cast<std::int16_t>(std::lround(lowest / step_size));
    const View narrow = builder_.whole(builder_.head_activation(
        heads_.of_head(what, head), heads_.tokens, heads_.head_dim, kMaskBits, {step_size}));
    builder_.op(
        heads_.of_head(what, head), heads_.name + "." + what, narrow,
        Requantize{in, kernels::make_rescale(scale_of(in) / step_size),
                   static_cast<std::int16_t>(-zero), static_cast<std::int16_t>(kMaskSteps - zero)});
    return narrow;
  }

  /// S V d^-1/2 + low_rank.
  void add_context(int head, const View& weights, const View& low_rank) {
    const double factor =
        scale_of(weights) * scale_of(heads_.v(head)) / root() / scale_of(heads_.out(head));
    builder_.op(heads_.of_head("av", head), heads_.name + ".av", heads_.out(head),
                Matmul{.lhs = weights,
                       .rhs = heads_.v(head),
                       .uniform = {0, kernels::make_rescale(factor)},
                       .residual = low_rank});
  }

  GraphBuilder& builder_;
  const Heads& heads_;
  const config::TaylorPipeline& pipeline_;
};

}  // namespace

void add_released_attention(GraphBuilder& builder, const Heads& heads) {
  const auto& machine = builder.config().accelerator;
  require_unit(machine.taylor_pipeline.has_value(), "taylor_pipeline", "Taylor attention");
  require_unit(machine.softmax_unit.has_value(), "softmax_unit",
               "the sparse part of taylor_released");
  ReleasedAttention(builder, heads).run();
}

}  // namespace vitsim::model
