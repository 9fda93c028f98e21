// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "vitsim/core/safetensors.h"
#include "vitsim/model/dataset.h"
#include "vitsim/reference/network.h"

#include "reference/tiny_model.h"

namespace vitsim::reference {
namespace {

struct Trained {
  std::string name;     // of the model's weights
  std::string weights;  // relative to the source directory, as all paths here
  std::string logits;
  std::string images;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name
void PrintTo(const Trained& trained, std::ostream* out) { *out << trained.name; }

Trained shared(const std::string& data, const std::string& name) {
  return {name, fmt::format("../shared/models/{}.safetensors", name),
          fmt::format("../shared/vectors/{}_logits.safetensors", name),
          fmt::format("../shared/data/{}_test1000.bin", data)};
}

/// The float network against what PyTorch computed with the same weights.
class PyTorchTest : public testing::TestWithParam<Trained> {
 protected:
  void SetUp() override {
    for (const std::string& file : {GetParam().weights, GetParam().logits, GetParam().images}) {
      if (!std::filesystem::exists(path(file))) {
        GTEST_SKIP() << file << " is not on this machine";
      }
    }
    weights_ = load_weights(path(GetParam().weights), model_);
  }

  static std::string path(const std::string& file) { return VITSIM_SOURCE_DIR "/" + file; }

  std::vector<model::Image> images(int count) const {
    return model::load_images(fmt::format("{}:0-{}", path(GetParam().images), count - 1), model_);
  }

  config::Model model_ = test::shapes10_model();
  Weights weights_;
};

constexpr std::array kBoth{std::pair("softmax", config::Attention::kSoftmax),
                           std::pair("taylor", config::Attention::kTaylor)};

TEST_P(PyTorchTest, LogitsAgreeForBothKindsOfAttention) {
  const Safetensors file = Safetensors::load(path(GetParam().logits));
  for (const auto& [name, attention] : kBoth) {
    const std::vector<float> expected = file.floats(fmt::format("logits_{}", name));
    ASSERT_EQ(expected.size(), 2000U);
    auto next = expected.begin();
    for (const model::Image& image : images(200)) {
      for (const float logit : run_network(model_, weights_, attention, image.patches.view())) {
        ASSERT_NEAR(logit, *next++, 1e-4F) << name << " attention, " << image.input;
      }
    }
  }
}

TEST_P(PyTorchTest, EveryIntermediateTensorAgrees) {
  const Safetensors file = Safetensors::load(path(GetParam().logits));
  const std::vector<model::Image> first = images(1);
  for (const auto& [kind, attention] : kBoth) {
    int compared = 0;
    run_network(model_, weights_, attention, first[0].patches.view(),
                [&, kind = kind](const std::string& name, MatrixView<const float> got) {
                  const std::string vector = fmt::format("{}.{}", kind, name);
                  if (!file.contains(vector)) {
                    return;
                  }
                  ++compared;
                  const std::vector<float> expected = file.floats(vector);
                  ASSERT_EQ(static_cast<std::size_t>(got.rows() * got.cols()), expected.size());
                  float largest = 1;
                  for (const float x : expected) {
                    largest = std::max(largest, std::abs(x));
                  }
                  for (std::int64_t r = 0; r < got.rows(); ++r) {
                    for (std::int64_t c = 0; c < got.cols(); ++c) {
                      const auto i = static_cast<std::size_t>(r * got.cols() + c);
                      ASSERT_NEAR(got(r, c), expected[i], 1e-5F * largest)
                          << vector << " row " << r << " column " << c;
                    }
                  }
                });
    EXPECT_EQ(compared, 14);
  }
}

INSTANTIATE_TEST_SUITE_P(
    TrainedModels, PyTorchTest,
    testing::Values(
        Trained{"carried_shapes10_vit_softmax", "models/weights/shapes10_vit_softmax.safetensors",
                "tests/vectors/shapes10_vit_softmax_logits.safetensors",
                "models/data/shapes10_test200.bin"},
        shared("shapes10", "shapes10_vit_softmax"), shared("shapes10", "shapes10_vit_taylor"),
        shared("cifar10", "cifar10_vit_softmax"), shared("cifar10", "cifar10_vit_taylor")),
    [](const auto& trained) { return trained.param.name; });

}  // namespace
}  // namespace vitsim::reference
