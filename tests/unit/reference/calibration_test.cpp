// SPDX-License-Identifier: Apache-2.0
#include "vitsim/reference/calibration.h"

#include <limits>

#include <gmock/gmock.h>

#include "vitsim/model/dataset.h"

#include "reference/tiny_model.h"

namespace vitsim::reference {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

/// Shows single-row tensors to a calibration.
class CalibrationTest : public testing::Test {
 protected:
  void show(const std::string& name, std::vector<float> row) {
    const auto cols = static_cast<std::int64_t>(row.size());
    calibration_.observer()(name, Matrix<float>(1, cols, std::move(row)).view());
  }
  auto ranges() const { return calibration_.ranges().values; }

  Calibration calibration_{config::Attention::kSoftmax};
};

TEST_F(CalibrationTest, KeepsTheLargestMagnitudeOverAllImages) {
  show("patches", {1, -3});
  show("patches", {2, 0.5});
  EXPECT_THAT(ranges(), ElementsAre(Pair("patches", 3.0)));
}

TEST_F(CalibrationTest, SplitsQkvIntoThirds) {
  show("blocks.3.attn.qkv", {1, -2, 3, 4, -6, 5});
  EXPECT_THAT(ranges(), ElementsAre(Pair("blocks.3.attn.k", 4.0), Pair("blocks.3.attn.q", 2.0),
                                    Pair("blocks.3.attn.v", 6.0)));
}

TEST_F(CalibrationTest, JoinsTheScoresOfAllHeads) {
  show("blocks.0.attn.scores.0", {1});
  show("blocks.0.attn.scores.11", {-7});
  EXPECT_THAT(ranges(), ElementsAre(Pair("blocks.0.attn.scores", 7.0)));
}

TEST_F(CalibrationTest, KeepsHowFarQueriesAndKeysReachBothWaysForTheReleasedAttention) {
  calibration_ = Calibration(config::Attention::kTaylorReleased);
  show("blocks.3.attn.qkv", {1, -2, 3, 4, -6, 5});
  EXPECT_THAT(ranges(),
              ElementsAre(Pair("blocks.3.attn.k", 4.0), Pair("blocks.3.attn.k_highest", 4.0),
                          Pair("blocks.3.attn.k_lowest", kSmallestRange),
                          Pair("blocks.3.attn.q", 2.0), Pair("blocks.3.attn.q_highest", 1.0),
                          Pair("blocks.3.attn.q_lowest", 2.0), Pair("blocks.3.attn.v", 6.0)));
}

TEST_F(CalibrationTest, JoinsGOfAllHeadsAndTheLowRankPartWithTheContext) {
  show("blocks.0.attn.g.0", {-3});
  show("blocks.0.attn.g.1", {2});
  show("blocks.0.attn.context", {5});
  show("blocks.0.attn.low_rank.1", {-6});
  EXPECT_THAT(ranges(),
              ElementsAre(Pair("blocks.0.attn.context", 6.0), Pair("blocks.0.attn.g", 3.0)));
}

TEST_F(CalibrationTest, JoinsTheWholeResidualStream) {
  for (const char* name : {"embedded", "blocks.0.residual", "blocks.12"}) {
    calibration_ = Calibration(config::Attention::kSoftmax);
    show(name, {5});
    EXPECT_THAT(ranges(), ElementsAre(Pair("residual", 5.0))) << name;
  }
}

TEST_F(CalibrationTest, LeavesOutWhatIsNeverQuantizedByARangeOfItsOwn) {
  for (const char* name :
       {"patch_embed", "blocks.0.attn", "blocks.0.attn.weights.1", "blocks.0.attn.k_hat.0",
        "blocks.0.attn.softmax_context", "blocks.0.mlp"}) {
    show(name, {5});
  }
  EXPECT_TRUE(ranges().empty());
}

TEST_F(CalibrationTest, GivesADeadTensorTheSmallestRange) {
  show("norm", {0, 0});
  EXPECT_THAT(ranges(), ElementsAre(Pair("norm", kSmallestRange)));
}

TEST_F(CalibrationTest, RefusesActivationsThatAreNotFinite) {
  EXPECT_THAT(test::model_error([&] {
                show("blocks.1.mlp.fc1", {1, -std::numeric_limits<float>::infinity()});
              }),
              HasSubstr("tensor 'blocks.1.mlp.fc1'"));
  EXPECT_THAT(test::model_error([&] {
                show("logits", {std::numeric_limits<float>::quiet_NaN(), 1});
              }),
              HasSubstr("tensor 'logits'"));
}

TEST(Ranges, NamesTheTensorThatItLacks) {
  EXPECT_THAT(test::model_error([] {
                static_cast<void>(Ranges{{{"norm", 1.0}}}.at("logits"));
              }),
              HasSubstr("'logits'"));
  EXPECT_THAT((Ranges{{{"norm", 1.5}}}.at("norm")), DoubleEq(1.5));
}

class RangesOfAttention : public testing::TestWithParam<config::Attention> {
 protected:
  /// What a run of `model` with random weights and a random image reaches.
  static Ranges seen(const config::Model& model, std::uint64_t seed) {
    Calibration calibration(GetParam());
    const auto images = model::load_images("random:" + std::to_string(seed), model);
    run_network(model, random_weights(seed, model), GetParam(), images[0].patches.view(),
                calibration.observer());
    return calibration.ranges();
  }
};

TEST_P(RangesOfAttention, AreThoseThatARunOfTheNetworkCalibrates) {
  const config::Model model = test::tiny_model();
  std::vector<std::string> calibrated;
  for (const auto& [name, range] : seen(model, 1).values) {
    calibrated.push_back(name);
  }
  EXPECT_THAT(range_names(model, GetParam()), testing::UnorderedElementsAreArray(calibrated));
}

TEST_P(RangesOfAttention, AreNeitherFarExceededNorFarFromReachedByRandomModels) {
  config::Model model;
  model.name = "narrow DeiT";
  model.image_size = 64;
  for (const std::uint64_t seed : {1U, 2U}) {
    const Ranges fixed = fixed_ranges(model, GetParam());
    for (const auto& [name, range] : seen(model, seed).values) {
      EXPECT_LT(range, 1.3 * fixed.at(name)) << name;
      EXPECT_GT(range, 0.2 * fixed.at(name)) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Each, RangesOfAttention,
                         testing::Values(config::Attention::kSoftmax, config::Attention::kTaylor,
                                         config::Attention::kTaylorReleased),
                         [](const auto& attention) {
                           return std::string(
                               config::name_of(config::kAttentionNames, attention.param));
                         });

TEST(RangeNames, AreNineABlockForSoftmaxAndTaylorAndFourteenForTheReleasedCode) {
  const config::Model model = test::tiny_model();
  EXPECT_EQ(range_names(model, config::Attention::kSoftmax).size(), 4U + 2U * 9U);
  EXPECT_EQ(range_names(model, config::Attention::kTaylor).size(), 4U + 2U * 9U);
  EXPECT_EQ(range_names(model, config::Attention::kTaylorReleased).size(), 4U + 2U * 14U);
}

}  // namespace
}  // namespace vitsim::reference
