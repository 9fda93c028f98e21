// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <cstdint>

#include <gmock/gmock.h>

#include "vitsim/reference/weights.h"

#include "reference/flat_weights.h"
#include "reference/tiny_model.h"

namespace vitsim::reference {
namespace {

using testing::HasSubstr;

/// FNV-1a over the bits of all weights, by rising timm name.
std::uint64_t hash(const Weights& weights, const config::Model& model) {
  std::uint64_t hash = 14695981039346656037U;
  for (const auto& [name, tensor] : test::timm_tensors(weights, model)) {
    for (const float value : tensor.values) {
      hash = (hash ^ std::bit_cast<std::uint32_t>(value)) * 1099511628211U;
    }
  }
  return hash;
}

TEST(RandomWeights, AreTheSameOnEveryMachine) {
  const config::Model model = test::tiny_model();
  EXPECT_EQ(hash(random_weights(1, model), model), 5514630177272022076U);
}

TEST(RandomWeights, DifferBetweenSeeds) {
  const config::Model model = test::tiny_model();
  EXPECT_NE(hash(random_weights(1, model), model), hash(random_weights(2, model), model));
}

TEST(RandomWeights, OfALinearLayerHaveTheVarianceOfOneOverItsInputs) {
  const Weights weights = random_weights(1, test::shapes10_model());
  const auto& elements = weights.blocks[1].fc2.weight.elements();  // 256 inputs
  double mean = 0;
  double square = 0;
  for (const float x : elements) {
    mean += static_cast<double>(x) / static_cast<double>(elements.size());
    square +=
        static_cast<double>(x) * static_cast<double>(x) / static_cast<double>(elements.size());
  }
  EXPECT_NEAR(mean, 0, 0.002);
  EXPECT_NEAR(std::sqrt(square) * 16, 1, 0.02);
}

TEST(RandomWeights, LieWithinTheDocumentedBounds) {
  const Weights weights = random_weights(3, test::shapes10_model());
  EXPECT_THAT(weights.blocks[0].qkv.bias,
              testing::Each(testing::AllOf(testing::Ge(-0.05F), testing::Lt(0.05F))));
  EXPECT_THAT(weights.norm.gamma,
              testing::Each(testing::AllOf(testing::Ge(0.9F), testing::Le(1.1F))));
  EXPECT_THAT(weights.norm.beta,
              testing::Each(testing::AllOf(testing::Ge(-0.05F), testing::Lt(0.05F))));
  EXPECT_THAT(weights.class_token,
              testing::Each(testing::AllOf(testing::Ge(-0.2F), testing::Lt(0.2F))));
}

TEST(RandomWeights, HaveTheShapesOfTheModel) {
  const config::Model model = test::tiny_model();
  const Weights weights = random_weights(1, model);
  EXPECT_EQ(weights.blocks.size(), 2U);
  EXPECT_EQ(weights.patch_embed.weight.rows(), 4);
  EXPECT_EQ(weights.patch_embed.weight.cols(), 8);
  EXPECT_EQ(weights.position_embedding.rows(), 5);
  EXPECT_EQ(weights.blocks[1].qkv.weight.rows(), 12);
  EXPECT_EQ(weights.blocks[1].fc2.weight.cols(), 8);
  EXPECT_EQ(weights.head.weight.rows(), 3);
}

TEST(RandomWeights, OfAModelBeyondAnyMemoryAreRefused) {
  config::Model model = test::tiny_model();
  model.embed_dim = 16384;
  model.depth = 256;
  EXPECT_THAT(test::model_error([&] { random_weights(1, model); }),
              HasSubstr("expected at most 2147483648 for random weights"));
}

}  // namespace
}  // namespace vitsim::reference
