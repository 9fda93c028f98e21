// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <gmock/gmock.h>

#include "model/taylor_machine.h"
#include "reference/tiny_model.h"

namespace vitsim::model {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

class ReleasedGraph : public testing::Test {
 protected:
  [[nodiscard]] Graph build() const { return test::build_graph(config_, model_); }
  config::TaylorPipeline& pipeline() { return *config_.accelerator.taylor_pipeline; }

  config::Model model_ = test::tiny_model();
  config::Config config_ = test::taylor_machine(config::Attention::kTaylorReleased);
};

TEST_F(ReleasedGraph, HasTheLowRankPartThenTheSparseOneOfEachHead) {
  const test::Listed found = test::attention_of_first_block(build());
  EXPECT_THAT(found.names, ElementsAre("k_hat.0", "g.0", "low_rank.0", "q4.0", "k4.0", "qk.0",
                                       "softmax.0", "av.0", "k_hat.1", "g.1", "low_rank.1", "q4.1",
                                       "k4.1", "qk.1", "softmax.1", "av.1"));
  EXPECT_THAT(found.begins_after, ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 8, 8, 8, 8, 8));
}

TEST_F(ReleasedGraph, WaitsForAllAtEachStepWithoutOverlapAndForDataAloneAcrossHeads) {
  pipeline().overlap = config::Overlap::kNone;
  EXPECT_THAT(test::attention_of_first_block(build()).begins_after,
              ElementsAre(0, 1, 2, 3, 3, 5, 5, 7, 8, 9, 10, 11, 11, 13, 13, 15));
  pipeline().overlap = config::Overlap::kAcrossHeads;
  EXPECT_THAT(test::attention_of_first_block(build()).begins_after, Each(-1));
}

TEST_F(ReleasedGraph, CentresKeysOverTheirFeatures) {
  const Graph graph = build();
  const auto& op = std::get<CenterFeatures>(test::op_of(graph, "blocks.0.attn.k_hat.1").work);
  EXPECT_EQ(op.mean.count, 2);
  EXPECT_EQ(op.in.col, 4 + 2);
  EXPECT_EQ(op.in.rows, 5);
}

double real(const kernels::Rescale& rescale) {
  return std::ldexp(static_cast<double>(rescale.multiplier), -rescale.shift);
}

TEST_F(ReleasedGraph, AddsTheLowRankPartToTheWeightedSumBothByTheRootOfTheHeadsWidth) {
  const Graph graph = build();
  const auto& qkv = test::tensor_of(graph, "blocks.0.attn.qkv").scales;
  const double context = test::tensor_of(graph, "blocks.0.attn.context").scales[0];
  const double g = test::tensor_of(graph, "blocks.0.attn.g.0").scales[0];
  const double root = std::sqrt(2.0);
  const auto& low_rank = std::get<Matmul>(test::op_of(graph, "blocks.0.attn.low_rank.0").work);
  EXPECT_NEAR(real(low_rank.uniform.rescale), qkv[0] * g / root / context,
              1e-8 * qkv[0] * g / root / context);
  EXPECT_EQ(test::tensor_of(graph, "blocks.0.attn.low_rank.0").bits, 16);
  const auto& av = std::get<Matmul>(test::op_of(graph, "blocks.0.attn.av.0").work);
  EXPECT_EQ(av.residual->tensor, test::op_of(graph, "blocks.0.attn.low_rank.0").out.tensor);
  const double weights = test::tensor_of(graph, "blocks.0.attn.weights.0").scales[0];
  EXPECT_NEAR(real(av.uniform.rescale), weights * qkv[2] / root / context,
              1e-8 * weights * qkv[2] / root / context);
}

TEST_F(ReleasedGraph, MasksByQueriesAndKeysOf16StepsThatHoldZero) {
  reference::Ranges ranges = reference::fixed_ranges(model_, config::Attention::kTaylorReleased);
  ranges.values["blocks.0.attn.q_lowest"] = 1;
  ranges.values["blocks.0.attn.q_highest"] = 4;
  const Graph graph =
      build_vit_graph(config_, model_, reference::random_weights(1, model_), ranges);
  const auto& q4 = std::get<Requantize>(test::op_of(graph, "blocks.0.attn.q4.0").work);
  // 15 steps of a third: three of them below 0.
  EXPECT_EQ(q4.lowest, -3);
  EXPECT_EQ(q4.highest, 12);
  const double step = test::tensor_of(graph, "blocks.0.attn.q4.0").scales[0];
  EXPECT_DOUBLE_EQ(step, 5.0 / 15);
  EXPECT_NEAR(real(q4.rescale), test::tensor_of(graph, "blocks.0.attn.qkv").scales[0] / step, 1e-8);
  const auto& qk = std::get<Matmul>(test::op_of(graph, "blocks.0.attn.qk.0").work);
  EXPECT_EQ(graph.tensor(qk.lhs).name, "blocks.0.attn.q4.0");
  EXPECT_EQ(graph.tensor(qk.rhs).name, "blocks.0.attn.k4.0");
}

TEST_F(ReleasedGraph, LeavesOutAttentionWeightsOfTwoThousandthsOrLess) {
  config_.accelerator.softmax_unit->output_bits = 16;
  const Graph graph = build();
  const auto& softmax = std::get<Softmax>(test::op_of(graph, "blocks.0.attn.softmax.0").work);
  std::vector<std::int16_t> weights(5);
  bool below = false;
  for (std::int16_t score = -128; score < 128; ++score) {
    softmax.kernel(std::vector<std::int16_t>{127, score, 127, 127, 127}, weights);
    below |= weights[1] == 0;
    EXPECT_TRUE(weights[1] == 0 || weights[1] > 65) << weights[1];  // 0.002 of 2^15 is 65.5
  }
  EXPECT_TRUE(below);
}

TEST_F(ReleasedGraph, AsksForBothUnits) {
  config_.accelerator.softmax_unit.reset();
  EXPECT_THAT(test::build_error(config_, model_),
              HasSubstr("accelerator.softmax_unit: the machine has none, but the model needs the "
                        "sparse part of taylor_released"));
  config_.accelerator.taylor_pipeline.reset();
  EXPECT_THAT(test::build_error(config_, model_), HasSubstr("accelerator.taylor_pipeline: "));
}

}  // namespace
}  // namespace vitsim::model
