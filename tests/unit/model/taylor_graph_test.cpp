// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <gmock/gmock.h>

#include "model/taylor_machine.h"
#include "reference/tiny_model.h"

namespace vitsim::model {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class TaylorGraph : public testing::Test {
 protected:
  [[nodiscard]] Graph build() const { return test::build_graph(config_, model_); }
  [[nodiscard]] test::Listed listed() const { return test::attention_of_first_block(build()); }
  config::TaylorPipeline& pipeline() { return *config_.accelerator.taylor_pipeline; }

  // 5 tokens, 2 blocks of 2 heads of 2 features.
  config::Model model_ = test::tiny_model();
  config::Config config_ = test::taylor_machine(config::Attention::kTaylor);
};

TEST_F(TaylorGraph, OfOneHeadAfterTheOtherWaitsForAllAtEachHeadsBegin) {
  pipeline().overlap = config::Overlap::kIntraLayer;
  const test::Listed found = listed();
  EXPECT_THAT(found.names, ElementsAre("k_sum.0", "k_mean.0", "k_hat.0", "g.0", "v_sum.0",
                                       "k_hat_sum.0", "taylor.0", "k_sum.1", "k_mean.1", "k_hat.1",
                                       "g.1", "v_sum.1", "k_hat_sum.1", "taylor.1"));
  EXPECT_THAT(found.begins_after, ElementsAre(0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7));
}

TEST_F(TaylorGraph, WithoutOverlapWaitsForAllAtEachStepsBegin) {
  pipeline().overlap = config::Overlap::kNone;
  const test::Listed found = listed();
  EXPECT_THAT(found.begins_after, ElementsAre(0, 1, 2, 3, 4, 4, 6, 7, 8, 9, 10, 11, 11, 13));
}

TEST_F(TaylorGraph, AcrossHeadsTakesTheMeansOfTheHeadAfterTheNextAndWaitsForDataAlone) {
  pipeline().overlap = config::Overlap::kAcrossHeads;
  model_.embed_dim = 6;
  model_.heads = 3;
  const test::Listed found = listed();
  EXPECT_THAT(found.names,
              ElementsAre("k_sum.0", "k_mean.0", "k_hat.0", "k_sum.1", "k_mean.1", "k_hat.1", "g.0",
                          "v_sum.0", "k_hat_sum.0", "k_sum.2", "k_mean.2", "k_hat.2", "g.1",
                          "v_sum.1", "k_hat_sum.1", "taylor.0", "g.2", "v_sum.2", "k_hat_sum.2",
                          "taylor.1", "taylor.2"));
  EXPECT_THAT(found.begins_after, Each(-1));
}

TEST_F(TaylorGraph, LeavesWhatFollowsToItsData) {
  for (const auto& overlap : config::kOverlapNames) {
    pipeline().overlap = overlap.value;
    const Graph graph = build();
    for (const Op& op : graph.ops) {
      if (op.name.ends_with(".proj") || op.name.ends_with(".qkv") || op.name.ends_with(".norm2")) {
        EXPECT_EQ(op.begins_after, 0U) << op.name;
      }
    }
  }
}

TEST_F(TaylorGraph, WithDeferredCentringCorrectsTheProductOfKeysAndValues) {
  pipeline().centering = config::Centering::kDeferred;
  pipeline().overlap = config::Overlap::kNone;
  const Graph graph = build();
  const test::Listed found = test::attention_of_first_block(graph);
  EXPECT_THAT(found.names,
              ElementsAre("k_sum.0", "k_mean.0", "v_sum.0", "g.0", "k_hat_sum.0", "taylor.0",
                          "k_sum.1", "k_mean.1", "v_sum.1", "g.1", "k_hat_sum.1", "taylor.1"));
  EXPECT_THAT(found.begins_after, ElementsAre(0, 1, 1, 3, 4, 5, 6, 7, 7, 9, 10, 11));
  const auto& g = std::get<CorrectedMatmul>(test::op_of(graph, "blocks.0.attn.g.1").work);
  EXPECT_TRUE(g.product.lhs_transposed);
  EXPECT_EQ(g.product.lhs.col, 4 + 2);  // K of the second head
  EXPECT_EQ(g.product.rhs.col, 8 + 2);
  EXPECT_EQ(graph.tensor(g.k_mean).name, "blocks.0.attn.k_mean.1");
  EXPECT_EQ(graph.tensor(g.v_sum).name, "blocks.0.attn.v_sum.1");
  EXPECT_EQ(g.fraction_bits, pipeline().mean_fraction_bits);
  EXPECT_TRUE(
      std::holds_alternative<CenterResidue>(test::op_of(graph, "blocks.0.attn.k_hat_sum.1").work));
  EXPECT_EQ(test::op_of(graph, "blocks.0.attn.k_hat_sum.1").layer, "blocks.0.attn.k_hat_residue");
}

TEST_F(TaylorGraph, WithAConstantDenominatorSumsUpNoKHat) {
  pipeline().denominator = config::Denominator::kConstant;
  for (const auto& centering : config::kCenteringNames) {
    pipeline().centering = centering.value;
    const Graph graph = build();
    const auto names = test::attention_of_first_block(graph).names;
    EXPECT_THAT(names, Not(Contains("k_hat_sum.0"))) << centering.name;
    EXPECT_THAT(names, Contains("v_sum.0"));
    const auto& work = std::get<TaylorContext>(test::op_of(graph, "blocks.0.attn.taylor.0").work);
    EXPECT_FALSE(work.k_hat_sum);
  }
}

TEST_F(TaylorGraph, MultipliesAndDividesEachHead) {
  const Graph graph = build();
  const Op& op = test::op_of(graph, "blocks.0.attn.taylor.1");
  EXPECT_EQ(op.layer, "blocks.0.attn.taylor");
  EXPECT_EQ(op.out.col, 2);
  EXPECT_EQ(op.out.rows, 5);
  EXPECT_EQ(graph.tensor(op.out).name, "blocks.0.attn.context");
  const auto& work = std::get<TaylorContext>(op.work);
  EXPECT_EQ(work.product.lhs.col, 2);  // Q
  EXPECT_EQ(graph.tensor(work.product.rhs).name, "blocks.0.attn.g.1");
  EXPECT_EQ(graph.tensor(work.v_sum).name, "blocks.0.attn.v_sum.1");
  EXPECT_EQ(graph.tensor(*work.k_hat_sum).name, "blocks.0.attn.k_hat_sum.1");
  const auto& sum = std::get<TokenSum>(test::op_of(graph, "blocks.0.attn.v_sum.1").work);
  EXPECT_EQ(sum.in.col, 8 + 2);
  const auto& k_sum = std::get<TokenSum>(test::op_of(graph, "blocks.0.attn.k_sum.1").work);
  EXPECT_EQ(k_sum.in.col, 4 + 2);
}

TEST_F(TaylorGraph, KeepsVectorsOnTheChipInWordsOf16Bits) {
  const Graph graph = build();
  for (const auto& [name, cols] :
       {std::pair("k_sum", 4), {"v_sum", 4}, {"k_mean", 2}, {"k_hat_sum", 2}}) {
    const Tensor& vector = test::tensor_of(graph, std::string("blocks.1.attn.") + name + ".0");
    EXPECT_TRUE(vector.on_chip) << name;
    EXPECT_EQ(vector.rows, 1) << name;
    EXPECT_EQ(vector.cols, cols) << name;
    EXPECT_EQ(vector.bits, 16) << name;
  }
  for (const char* name : {"k_hat", "g"}) {
    EXPECT_FALSE(test::tensor_of(graph, std::string("blocks.1.attn.") + name + ".0").on_chip);
  }
}

TEST_F(TaylorGraph, GivesKHatAndGTheWidthsOfTheConfiguration) {
  pipeline().k_hat_bits = 6;
  pipeline().g_bits = 11;
  const Graph graph = build();
  EXPECT_EQ(test::tensor_of(graph, "blocks.0.attn.k_hat.0").bits, 6);
  EXPECT_EQ(test::tensor_of(graph, "blocks.0.attn.k_hat.0").element_bytes, 1);
  EXPECT_EQ(test::tensor_of(graph, "blocks.0.attn.g.0").bits, 11);
  EXPECT_EQ(test::tensor_of(graph, "blocks.0.attn.g.0").element_bytes, 2);
  EXPECT_TRUE(std::get<Matmul>(test::op_of(graph, "blocks.0.attn.g.0").work).count_clipped);
}

TEST_F(TaylorGraph, LaysKHatByTokenSkewedOrByFeature) {
  for (const auto layout : {config::KHatLayout::kTokenMajor, config::KHatLayout::kSkewed,
                            config::KHatLayout::kFeatureMajor}) {
    pipeline().k_hat_layout = layout;
    const Graph graph = build();
    const bool by_feature = layout == config::KHatLayout::kFeatureMajor;
    const Tensor& k_hat = test::tensor_of(graph, "blocks.0.attn.k_hat.0");
    EXPECT_EQ(k_hat.rows, by_feature ? 2 : 5);
    EXPECT_EQ(k_hat.cols, by_feature ? 5 : 2);
    EXPECT_EQ(k_hat.skewed, layout == config::KHatLayout::kSkewed);
    EXPECT_EQ(std::get<Center>(test::op_of(graph, "blocks.0.attn.k_hat.0").work).by_feature,
              by_feature);
    EXPECT_EQ(std::get<TokenSum>(test::op_of(graph, "blocks.0.attn.k_hat_sum.0").work).by_feature,
              by_feature);
    const auto& g = std::get<Matmul>(test::op_of(graph, "blocks.0.attn.g.0").work);
    EXPECT_EQ(g.lhs_transposed, !by_feature);
    EXPECT_EQ(shape_of(g).m, 2);
    EXPECT_EQ(shape_of(g).k, 5);
  }
}

TEST_F(TaylorGraph, MultipliesKeysByTokenWhereCentringIsDeferredWhateverTheLayout) {
  pipeline().centering = config::Centering::kDeferred;
  pipeline().k_hat_layout = config::KHatLayout::kFeatureMajor;
  const Graph graph = build();
  EXPECT_TRUE(std::get<CorrectedMatmul>(test::op_of(graph, "blocks.0.attn.g.0").work)
                  .product.lhs_transposed);
}

TEST_F(TaylorGraph, AsksForATaylorPipelineAndForNoSoftmaxUnit) {
  config_.accelerator.softmax_unit.reset();
  EXPECT_EQ(test::build_error(config_, model_), "");
  config_.accelerator.taylor_pipeline.reset();
  EXPECT_THAT(test::build_error(config_, model_),
              HasSubstr("accelerator.taylor_pipeline: the machine has none, but the model needs "
                        "Taylor attention; add the section 'taylor_pipeline'"));
}

TEST_F(TaylorGraph, IsCheckedForTheWidthsOfItsProducts) {
  config_.precision.activation_bits = 10;
  EXPECT_THAT(test::build_error(config_, model_),
              HasSubstr("accelerator.taylor_pipeline.mean_fraction_bits: got '8'"));
}

double real(const kernels::Rescale& rescale) {
  return std::ldexp(static_cast<double>(rescale.multiplier), -rescale.shift);
}

/// From the scales of the tensors and the definitions of design's steps alone.
TEST_F(TaylorGraph, HasTheNumbersThatTheScalesOfItsTensorsAskFor) {
  for (const auto& centering : config::kCenteringNames) {
    pipeline().centering = centering.value;
    pipeline().mean_fraction_bits = 7;
    pipeline().k_hat_fraction_bits = 3;
    pipeline().divider_array.kind = config::DividerKind::kReciprocal;
    pipeline().divider_array.reciprocal_bits = 13;
    pipeline().divider_array.quotient_bits = 18;
    const Graph graph = build();
    const bool deferred = centering.value == config::Centering::kDeferred;
    const auto& qkv = test::tensor_of(graph, "blocks.0.attn.qkv").scales;
    const double context = test::tensor_of(graph, "blocks.0.attn.context").scales[0];
    const double g = test::tensor_of(graph, "blocks.0.attn.g.0").scales[0];
    const double k_hat = std::ldexp(qkv[1], deferred ? -7 : -3);
    const double n = 5;
    const double root = std::sqrt(2.0);

    const auto& mean = std::get<TokenMean>(test::op_of(graph, "blocks.0.attn.k_mean.0").work).mean;
    EXPECT_EQ(mean.count, 5);
    EXPECT_EQ(mean.fraction_bits, 7);
    EXPECT_EQ(mean.division.reciprocal_bits, 13);
    if (!deferred) {
      const auto& op = std::get<Center>(test::op_of(graph, "blocks.0.attn.k_hat.0").work);
      EXPECT_EQ(op.center.mean_fraction_bits, 7);
      EXPECT_EQ(op.center.fraction_bits, 3);
      EXPECT_EQ(op.center.bits, pipeline().k_hat_bits);
      EXPECT_DOUBLE_EQ(test::tensor_of(graph, "blocks.0.attn.k_hat.0").scales[0], k_hat);
    }
    const Matmul& to_g = *product_of(test::op_of(graph, "blocks.0.attn.g.0"));
    EXPECT_NEAR(real(to_g.uniform.rescale) * g, k_hat * qkv[2], 1e-8 * k_hat * qkv[2]);
    const auto& work = std::get<TaylorContext>(test::op_of(graph, "blocks.0.attn.taylor.0").work);
    EXPECT_NEAR(real(work.value_factor) * qkv[0] * g, root * qkv[2], 1e-8 * root * qkv[2]);
    EXPECT_EQ(work.constant, std::llround(n * root / (qkv[0] * k_hat)));
    // A quotient of T_N and t_D is worth g / k_hat.
    EXPECT_EQ(work.quotient.bits, 18);
    EXPECT_EQ(work.quotient.division.reciprocal_bits, 13);
    EXPECT_EQ(work.quotient.out_bits, 8);
    const double step = std::ldexp(g / k_hat, -work.quotient.fraction_bits);
    EXPECT_NEAR(real(work.quotient.rescale) * context, step, 1e-8 * step);
    // It is as fine as the context's range leaves room for.
    const double largest = context * 128;
    const double quotients = std::ldexp(1.0, 17) - 1;
    EXPECT_LE(largest, step * quotients);
    EXPECT_GT(2 * largest, step * quotients);
  }
}

}  // namespace
}  // namespace vitsim::model
