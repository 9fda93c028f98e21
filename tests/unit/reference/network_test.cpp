// SPDX-License-Identifier: Apache-2.0
#include "vitsim/reference/network.h"

#include <cmath>
#include <map>
#include <string_view>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "vitsim/core/random.h"

#include "reference/tiny_model.h"

namespace vitsim::reference {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

/// Runs the tiny model on a random image and keeps every tensor that it shows.
class NetworkTest : public testing::Test {
 protected:
  void run(config::Attention attention) {
    const Weights weights = random_weights(1, model_);
    Matrix<float> patches(model_.patches(), model_.patch_dim());
    Random random(2);
    for (std::int64_t r = 0; r < patches.rows(); ++r) {
      for (float& x : patches.row(r)) {
        x = random.normal();
      }
    }
    logits_ = run_network(model_, weights, attention, patches.view(),
                          [&](const std::string& name, MatrixView<const float> tensor) {
                            names_.push_back(name);
                            Matrix<float> copy(tensor.rows(), tensor.cols());
                            for (std::int64_t r = 0; r < tensor.rows(); ++r) {
                              std::ranges::copy(tensor.row(r), copy.row(r).begin());
                            }
                            seen_.emplace(name, std::move(copy));
                          });
    silent_logits_ = run_network(model_, weights, attention, patches.view());
  }

  /// What was shown of the attention of block 0.
  std::vector<std::string> attention_names() const {
    constexpr std::string_view kPrefix = "blocks.0.attn.";
    std::vector<std::string> names;
    for (const std::string& name : names_) {
      if (name.starts_with(kPrefix)) {
        names.push_back(name.substr(kPrefix.size()));
      }
    }
    return names;
  }
  std::pair<std::int64_t, std::int64_t> shape_of(const std::string& name) const {
    return {seen_.at(name).rows(), seen_.at(name).cols()};
  }

  config::Model model_ = test::tiny_model();
  std::vector<std::string> names_;
  std::map<std::string, Matrix<float>> seen_;
  std::vector<float> logits_;
  std::vector<float> silent_logits_;
};

TEST_F(NetworkTest, ShowsEachTensorInTheOrderInWhichItIsMade) {
  model_.depth = 1;
  run(config::Attention::kSoftmax);
  EXPECT_THAT(
      names_,
      ElementsAre("patches", "patch_embed", "embedded", "blocks.0.norm1", "blocks.0.attn.qkv",
                  "blocks.0.attn.scores.0", "blocks.0.attn.weights.0", "blocks.0.attn.scores.1",
                  "blocks.0.attn.weights.1", "blocks.0.attn.context", "blocks.0.attn",
                  "blocks.0.residual", "blocks.0.norm2", "blocks.0.mlp.fc1", "blocks.0.mlp.gelu",
                  "blocks.0.mlp", "blocks.0", "norm", "logits"));
}

TEST_F(NetworkTest, ShowsCentredKeysAndGOfTaylorAttentionAndSoftmaxBesideIt) {
  model_.depth = 1;
  run(config::Attention::kTaylor);
  EXPECT_THAT(attention_names(),
              ElementsAre("qkv", "k_hat.0", "g.0", "k_hat.1", "g.1", "softmax_context", "context"));
  EXPECT_THAT(shape_of("blocks.0.attn.k_hat.1"), Pair(5, 2));
  EXPECT_THAT(shape_of("blocks.0.attn.g.1"), Pair(2, 2));
}

TEST_F(NetworkTest, ShowsBothPartsOfTheReleasedAttentionAndSoftmaxBesideIt) {
  model_.depth = 1;
  model_.heads = 1;
  run(config::Attention::kTaylorReleased);
  EXPECT_THAT(attention_names(), ElementsAre("qkv", "scores.0", "weights.0", "k_hat.0", "g.0",
                                             "low_rank.0", "softmax_context", "context"));
  EXPECT_THAT(shape_of("blocks.0.attn.weights.0"), Pair(5, 5));
  EXPECT_THAT(shape_of("blocks.0.attn.low_rank.0"), Pair(5, 4));
}

TEST_F(NetworkTest, ShowsTheContextThatSoftmaxWouldHaveMadeOfTheSameOperands) {
  run(config::Attention::kSoftmax);
  const Matrix<float> context = seen_.at("blocks.0.attn.context");
  for (const auto attention : {config::Attention::kTaylor, config::Attention::kTaylorReleased}) {
    seen_.clear();
    run(attention);
    EXPECT_EQ(seen_.at("blocks.0.attn.softmax_context"), context);
    EXPECT_NE(seen_.at("blocks.0.attn.context"), context);
    EXPECT_EQ(logits_, silent_logits_);
  }
}

TEST_F(NetworkTest, ShowsTensorsOfTheDocumentedShapes) {
  run(config::Attention::kSoftmax);
  const std::map<std::string, std::pair<int, int>> shapes{{"patches", {4, 8}},
                                                          {"patch_embed", {4, 4}},
                                                          {"embedded", {5, 4}},
                                                          {"blocks.1.attn.qkv", {5, 12}},
                                                          {"blocks.1.attn.scores.1", {5, 5}},
                                                          {"blocks.1.attn.context", {5, 4}},
                                                          {"blocks.1.mlp.gelu", {5, 8}},
                                                          {"blocks.1", {5, 4}},
                                                          {"norm", {1, 4}},
                                                          {"logits", {1, 3}}};
  for (const auto& [name, shape] : shapes) {
    ASSERT_TRUE(seen_.contains(name)) << name;
    EXPECT_EQ(seen_.at(name).rows(), shape.first) << name;
    EXPECT_EQ(seen_.at(name).cols(), shape.second) << name;
  }
}

TEST_F(NetworkTest, ReturnsTheLogitsThatItShowsAndTheSameOnesUnobserved) {
  run(config::Attention::kSoftmax);
  EXPECT_EQ(logits_, seen_.at("logits").elements());
  EXPECT_EQ(logits_, silent_logits_);
}

TEST_F(NetworkTest, FoldsTheRootOfTheHeadsWidthIntoTheScores) {
  run(config::Attention::kSoftmax);
  const auto& qkv = seen_.at("blocks.1.attn.qkv");
  const auto& scores = seen_.at("blocks.1.attn.scores.1");
  // head 1 of 2, width 2: q in columns 2 and 3, k in 6 and 7
  const double expected = (static_cast<double>(qkv(3, 2)) * static_cast<double>(qkv(4, 6)) +
                           static_cast<double>(qkv(3, 3)) * static_cast<double>(qkv(4, 7))) /
                          std::sqrt(2.0);
  EXPECT_NEAR(static_cast<double>(scores(3, 4)), expected, 1e-6);
}

TEST_F(NetworkTest, ShowsAttentionWeightsThatSumToOne) {
  run(config::Attention::kSoftmax);
  for (std::int64_t r = 0; r < 5; ++r) {
    double sum = 0;
    for (const float w : seen_.at("blocks.0.attn.weights.1").row(r)) {
      sum += static_cast<double>(w);
    }
    EXPECT_NEAR(sum, 1, 1e-6);
  }
}

TEST_F(NetworkTest, AddsEachBranchToTheResidualStream) {
  run(config::Attention::kSoftmax);
  const auto at = [&](const char* name) { return seen_.at(name)(2, 1); };
  EXPECT_EQ(at("blocks.0.residual"), at("embedded") + at("blocks.0.attn"));
  EXPECT_EQ(at("blocks.0"), at("blocks.0.residual") + at("blocks.0.mlp"));
}

TEST_F(NetworkTest, AppliesTheExactGeluAndNotTheTanhOne) {
  run(config::Attention::kSoftmax);
  const auto& before = seen_.at("blocks.0.mlp.fc1");
  const auto& after = seen_.at("blocks.0.mlp.gelu");
  for (std::int64_t c = 0; c < before.cols(); ++c) {
    const auto x = static_cast<double>(before(0, c));
    EXPECT_NEAR(static_cast<double>(after(0, c)), x * (1 + std::erf(x / std::sqrt(2.0))) / 2, 1e-6);
  }
}

TEST_F(NetworkTest, TakesTheEpsilonOfTheLayerNormFromTheModel) {
  model_.layer_norm_eps = 0.75;
  run(config::Attention::kSoftmax);
  const Weights weights = random_weights(1, model_);
  const auto row = seen_.at("embedded").row(1);
  double mean = 0;
  double square = 0;
  for (const float x : row) {
    mean += static_cast<double>(x) / 4;
    square += static_cast<double>(x) * static_cast<double>(x) / 4;
  }
  const LayerNorm& norm = weights.blocks[0].norm1;
  for (std::size_t c = 0; c < 4; ++c) {
    const double normal =
        (static_cast<double>(row[c]) - mean) / std::sqrt(square - mean * mean + 0.75);
    const double expected =
        normal * static_cast<double>(norm.gamma[c]) + static_cast<double>(norm.beta[c]);
    EXPECT_NEAR(static_cast<double>(seen_.at("blocks.0.norm1").row(1)[c]), expected, 1e-5);
  }
}

TEST_F(NetworkTest, RefusesAnImageOfAnotherShape) {
  const Weights weights = random_weights(1, model_);
  const Matrix<float> patches(4, 9);
  EXPECT_THAT(test::model_error([&] {
                run_network(model_, weights, config::Attention::kSoftmax, patches.view());
              }),
              HasSubstr("got an image of 4 patches of 9 values, expected 4 of 8"));
}

}  // namespace
}  // namespace vitsim::reference
