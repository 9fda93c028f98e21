// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <tuple>

#include <gtest/gtest.h>

#include "vitsim/core/random.h"
#include "vitsim/kernels/taylor_attention.h"
#include "vitsim/model/integer_network.h"

#include "model/taylor_machine.h"
#include "reference/tiny_model.h"

namespace vitsim::model {
namespace {

/// A graph of Taylor attention, computed operator by operator, beside the same on whole tensors.
class TaylorNetwork
    : public testing::TestWithParam<std::tuple<config::Denominator, config::Centering>> {
 protected:
  TaylorNetwork() {
    auto& pipeline = *config_.accelerator.taylor_pipeline;
    std::tie(pipeline.denominator, pipeline.centering) = GetParam();
    config_.precision.accumulator_bits = 24;
    model_.embed_dim = 12;
    model_.image_size = 10;  // 26 tokens
  }

  /// Widths and layout of one case.
  void draw(Random& random) {
    auto& pipeline = *config_.accelerator.taylor_pipeline;
    const auto integer = [&](int low, int high) {
      return static_cast<int>(random.integer(low, high));
    };
    pipeline.mean_fraction_bits = integer(0, 8);
    pipeline.k_hat_fraction_bits = integer(0, pipeline.mean_fraction_bits);
    pipeline.k_hat_bits = integer(4, 16);
    pipeline.g_bits = integer(4, 16);
    pipeline.k_hat_layout = static_cast<config::KHatLayout>(integer(0, 2));
    pipeline.divider_array.kind = static_cast<config::DividerKind>(integer(0, 1));
    pipeline.divider_array.quotient_bits = integer(4, 32);
    reference::Ranges ranges = reference::fixed_ranges(model_, config::Attention::kTaylor);
    for (auto& [name, range] : ranges.values) {
      range *= std::ldexp(1.0 + static_cast<double>(random.uniform()), integer(-2, 2));
    }
    graph_ =
        build_vit_graph(config_, model_, reference::random_weights(random.next(), model_), ranges);
    const Tensor& tensor = graph_.tensors[static_cast<std::size_t>(graph_.input)];
    IntMatrix input(tensor.rows, tensor.cols);
    for (std::int64_t row = 0; row < input.rows(); ++row) {
      for (auto& value : input.row(row)) {
        value = static_cast<std::int16_t>(random.integer(-128, 127));
      }
    }
    result_ = run_integer_network(graph_, config_.precision, input);
  }

  [[nodiscard]] const IntMatrix& values(const std::string& name) const {
    for (std::size_t id = 0; id < graph_.tensors.size(); ++id) {
      if (graph_.tensors[id].name == name) {
        return result_.tensors[id];
      }
    }
    throw std::runtime_error("no tensor " + name);
  }
  [[nodiscard]] std::vector<std::int16_t> vector(const std::string& name) const {
    return values(name).elements();
  }

  /// What the graph's operators of one head ask for.
  [[nodiscard]] kernels::TaylorParams params(const std::string& block, const std::string& h) const {
    const auto& pipeline = *config_.accelerator.taylor_pipeline;
    kernels::TaylorParams params;
    std::tie(params.constant_denominator, params.deferred_centering) =
        std::tuple(pipeline.denominator == config::Denominator::kConstant,
                   pipeline.centering == config::Centering::kDeferred);
    params.mean = std::get<TokenMean>(test::op_of(graph_, block + "k_mean" + h).work).mean;
    params.center = {pipeline.mean_fraction_bits, pipeline.k_hat_fraction_bits,
                     pipeline.k_hat_bits};
    params.accumulator_bits = config_.precision.accumulator_bits;
    params.g_rescale = product_of(test::op_of(graph_, block + "g" + h))->uniform.rescale;
    params.g_bits = pipeline.g_bits;
    const auto& context = std::get<TaylorContext>(test::op_of(graph_, block + "taylor" + h).work);
    params.v_sum_rescale = context.value_factor;
    params.constant = context.constant;
    params.quotient = context.quotient;
    return params;
  }

  config::Model model_ = test::tiny_model();
  config::Config config_ = test::taylor_machine(config::Attention::kTaylor);
  Graph graph_;
  IntegerResult result_;
};

TEST_P(TaylorNetwork, IsTaylorAttentionOnWholeTensorsHeadByHead) {
  Random random(5);
  const std::int64_t d = model_.head_dim();
  kernels::TaylorCounts seen;
  for (int i = 0; i < 40; ++i) {
    draw(random);
    const auto& pipeline = *config_.accelerator.taylor_pipeline;
    kernels::TaylorCounts all;
    for (int index = 0; index < model_.depth * model_.heads; ++index) {
      const std::string block = "blocks." + std::to_string(index / model_.heads) + ".attn.";
      const std::int64_t head = index % model_.heads;
      const std::string h = "." + std::to_string(head);
      const IntMatrix& qkv = values(block + "qkv");
      const auto part = [&](std::int64_t third) {
        return qkv.view().block(0, third * model_.embed_dim + head * d, model_.tokens(), d);
      };
      const auto expected = kernels::taylor_attention(part(0), part(1), part(2), params(block, h));
      EXPECT_EQ(vector(block + "k_sum" + h), expected.k_sum);
      EXPECT_EQ(vector(block + "k_mean" + h), expected.k_mean);
      EXPECT_EQ(vector(block + "v_sum" + h), expected.v_sum);
      EXPECT_EQ(values(block + "g" + h).elements(), expected.g.elements());
      if (pipeline.centering == config::Centering::kBefore) {
        const bool by_feature = pipeline.k_hat_layout == config::KHatLayout::kFeatureMajor;
        const IntMatrix k_hat = by_feature ? transposed(expected.k_hat.view()) : expected.k_hat;
        EXPECT_EQ(values(block + "k_hat" + h).elements(), k_hat.elements());
      }
      if (pipeline.denominator == config::Denominator::kComputed) {
        EXPECT_EQ(vector(block + "k_hat_sum" + h), expected.k_hat_sum);
      }
      const auto context = values(block + "context").view().block(0, head * d, model_.tokens(), d);
      for (std::int64_t row = 0; row < context.rows(); ++row) {
        for (std::int64_t col = 0; col < d; ++col) {
          ASSERT_EQ(context(row, col), expected.z(row, col)) << block << h;
        }
      }
      all.k_hat_saturated += expected.counts.k_hat_saturated;
      all.k_hat_sum_saturated += expected.counts.k_hat_sum_saturated;
      all.wide_sums_saturated += expected.counts.wide_sums_saturated;
      all.g_clipped += expected.counts.g_clipped;
      all.non_positive_denominators += expected.counts.non_positive_denominators;
    }
    EXPECT_EQ(result_.saturated_k_hat, all.k_hat_saturated);
    EXPECT_EQ(result_.saturated_token_sums, all.k_hat_sum_saturated + all.wide_sums_saturated);
    EXPECT_EQ(result_.clipped, all.g_clipped);
    EXPECT_EQ(result_.nonpositive_divisors, all.non_positive_denominators);
    seen.k_hat_saturated += all.k_hat_saturated;
    seen.g_clipped += all.g_clipped;
  }
  EXPECT_GT(seen.g_clipped, 0);
  EXPECT_EQ(seen.k_hat_saturated > 0, std::get<1>(GetParam()) == config::Centering::kBefore);
}

INSTANTIATE_TEST_SUITE_P(
    Variants, TaylorNetwork,
    testing::Combine(testing::Values(config::Denominator::kComputed,
                                     config::Denominator::kConstant),
                     testing::Values(config::Centering::kBefore, config::Centering::kDeferred)),
    [](const auto& test) {
      return std::string(config::name_of(config::kDenominatorNames, std::get<0>(test.param))) +
             "_" + std::string(config::name_of(config::kCenteringNames, std::get<1>(test.param)));
    });

}  // namespace
}  // namespace vitsim::model
