// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "attention_graph.h"
#include "taylor_numbers.h"

namespace vitsim::model {
namespace {

using config::Centering;
using config::Denominator;
using config::Overlap;

/// Appends the steps of Algorithm 1, a head at a time.
class TaylorAttention {
 public:
  TaylorAttention(GraphBuilder& builder, const Heads& heads)
      : builder_(builder),
        heads_(heads),
        pipeline_(*builder.config().accelerator.taylor_pipeline),
        deferred_(pipeline_.centering == Centering::kDeferred),
        constant_(pipeline_.denominator == Denominator::kConstant),
        by_feature_(!deferred_ && pipeline_.k_hat_layout == config::KHatLayout::kFeatureMajor),
        numbers_(builder, heads) {
    per_head_.resize(static_cast<std::size_t>(heads.heads));
  }

  void run() {
    if (pipeline_.overlap == Overlap::kAcrossHeads) {
      across_heads();
      return;
    }
    for (int head = 0; head < heads_.heads; ++head) {
      builder_.wait_for_all();
      center(head);
      step();
      multiply_keys(head);
      step();
      sum_up(head);
      step();
      context(head);
    }
  }

 private:
  struct Head {
    View k_sum;
    View k_mean;
    View k_hat;
    View k_hat_sum;
    View v_sum;
    View g;
  };
  Head& head_of(int head) { return per_head_[static_cast<std::size_t>(head)]; }

  /// The next operator begins a step.
  void step() {
    if (pipeline_.overlap == Overlap::kNone) {
      builder_.wait_for_all();
    }
  }

  /// The means of the head after the next are ready before this head's context occupies the adder
  /// array, and the next head's G streams while this one's goes through the post-processor and
  /// comes back.
  void across_heads() {
    for (int head = -2; head < heads_.heads; ++head) {
      if (head + 2 < heads_.heads) {
        center(head + 2);
      }
      if (head >= -1 && head + 1 < heads_.heads) {
        multiply_keys(head + 1);
        sum_up(head + 1);
      }
      if (head >= 0) {
        context(head);
      }
    }
  }

  View vector(const char* what, int head, std::int64_t cols) {
    const TensorId id =
        builder_.head_activation(heads_.of_head(what, head), 1, cols, kWordBits, {1.0});
    builder_.tensor(id).on_chip = true;
    return builder_.whole(id);
  }
  [[nodiscard]] std::string layer(const char* what) const { return heads_.name + "." + what; }

  /// A sum over tokens of one or two words.
  View token_sum(const char* what, int head, const View& in, std::int64_t words,
                 bool by_feature = false) {
    const View sum = vector(what, head, words * heads_.head_dim);
    builder_.op(heads_.of_head(what, head), layer(what), sum, TokenSum{in, by_feature});
    return sum;
  }

  /// Step 1.
  void center(int head) {
    Head& now = head_of(head);
    now.k_sum = token_sum("k_sum", head, heads_.k(head), kSumWords);
    now.k_mean = vector("k_mean", head, heads_.head_dim);
    step();
    builder_.op(heads_.of_head("k_mean", head), layer("k_mean"), now.k_mean,
                TokenMean{now.k_sum, numbers_.mean});
    if (deferred_) {
      sum_values(head);  // the correction of G takes it
      return;
    }
    const TensorId k_hat = builder_.head_activation(heads_.of_head("k_hat", head),
                                                    by_feature_ ? heads_.head_dim : heads_.tokens,
                                                    by_feature_ ? heads_.tokens : heads_.head_dim,
                                                    pipeline_.k_hat_bits, {numbers_.k_hat_scale});
    builder_.tensor(k_hat).skewed = pipeline_.k_hat_layout == config::KHatLayout::kSkewed;
    now.k_hat = builder_.whole(k_hat);
    step();
    builder_.op(heads_.of_head("k_hat", head), layer("k_hat"), now.k_hat,
                Center{heads_.k(head), now.k_mean, numbers_.center, by_feature_});
  }

  /// Step 2.
  void multiply_keys(int head) {
    Head& now = head_of(head);
    now.g = builder_.whole(builder_.head_activation(heads_.of_head("g", head), heads_.head_dim,
                                                    heads_.head_dim, pipeline_.g_bits,
                                                    {numbers_.g_scale}));
    const Matmul product{.lhs = deferred_ ? heads_.k(head) : now.k_hat,
                         .rhs = heads_.v(head),
                         .lhs_transposed = !by_feature_,
                         .uniform = {0, numbers_.to_g},
                         .count_clipped = true};
    if (deferred_) {
      builder_.op(heads_.of_head("g", head), layer("g"), now.g,
                  CorrectedMatmul{product, now.k_mean, now.v_sum, pipeline_.mean_fraction_bits});
    } else {
      builder_.op(heads_.of_head("g", head), layer("g"), now.g, product);
    }
  }

  void sum_values(int head) {
    head_of(head).v_sum = token_sum("v_sum", head, heads_.v(head), kSumWords);
  }

  /// Step 3.
  void sum_up(int head) {
    Head& now = head_of(head);
    if (!deferred_) {
      sum_values(head);
    }
    if (constant_) {
      return;
    }
    if (!deferred_) {
      now.k_hat_sum = token_sum("k_hat_sum", head, now.k_hat, 1, by_feature_);
      return;
    }
    now.k_hat_sum = vector("k_hat_sum", head, heads_.head_dim);
    builder_.op(heads_.of_head("k_hat_sum", head), layer("k_hat_residue"), now.k_hat_sum,
                CenterResidue{now.k_sum, now.k_mean, numbers_.mean});
  }

  /// Steps 4 to 6.
  void context(int head) {
    const Head& now = head_of(head);
    TaylorContext work{.product = {.lhs = heads_.q(head), .rhs = now.g},
                       .v_sum = now.v_sum,
                       .value_factor = numbers_.value_factor,
                       .constant = numbers_.constant,
                       .quotient = numbers_.quotient};
    if (!constant_) {
      work.k_hat_sum = now.k_hat_sum;
    }
    builder_.op(heads_.of_head("taylor", head), layer("taylor"), heads_.out(head), work);
  }

  GraphBuilder& builder_;
  const Heads& heads_;
  const config::TaylorPipeline& pipeline_;
  bool deferred_;
  bool constant_;
  bool by_feature_;  ///< K_hat lies as [d x n]
  TaylorNumbers numbers_;
  std::vector<Head> per_head_;
};

}  // namespace

void add_taylor_attention(GraphBuilder& builder, const Heads& heads) {
  require_unit(builder.config().accelerator.taylor_pipeline.has_value(), "taylor_pipeline",
               "Taylor attention");
  TaylorAttention(builder, heads).run();
}

}  // namespace vitsim::model
