// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "vitsim/config/describe.h"

#include "support.h"

namespace vitsim::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const std::filesystem::path kModels = std::filesystem::path(VITSIM_SOURCE_DIR) / "models";

TEST(LoadModelTest, EveryShippedModelLoadsAndItsWeightsAreThere) {
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(kModels)) {
    if (file.path().extension() != ".yaml") {
      continue;
    }
    SCOPED_TRACE(file.path());
    const Model model = load_model(file.path(), {});
    EXPECT_EQ(model.name, file.path().stem().string());
    EXPECT_TRUE(model.weights.empty() || std::filesystem::is_regular_file(model.weights));
    ++files;
  }
  EXPECT_GE(files, 5);
}

TEST(LoadModelTest, TheDeitModelsHaveTheirPublishedShapesAndLeaveTheAttentionOpen) {
  struct Shape {
    const char* file;
    int embed_dim;
    int heads;
  };
  for (const auto& [file, embed_dim, heads] : {Shape{"deit_tiny.yaml", 192, 3},
                                               {"deit_small.yaml", 384, 6},
                                               {"deit_base.yaml", 768, 12}}) {
    const Model model = load_model(kModels / file, {});
    EXPECT_EQ(model.embed_dim, embed_dim);
    EXPECT_EQ(model.heads, heads);
    EXPECT_EQ(model.head_dim(), 64);
    EXPECT_EQ(model.depth, 12);
    EXPECT_EQ(model.tokens(), 197);
    EXPECT_EQ(model.mlp_dim(), 4 * embed_dim);
    EXPECT_EQ(model.classes, 1000);
    EXPECT_FALSE(model.attention);
    EXPECT_EQ(model.weights, "");
  }
}

TEST(LoadModelTest, TheTrainedModelsHaveTheShapeOfTheirWeights) {
  for (const char* file : {"shapes10_vit.yaml", "cifar10_vit.yaml"}) {
    const Model model = load_model(kModels / file, {});
    EXPECT_EQ(model.tokens(), 65);
    EXPECT_EQ(model.embed_dim, 64);
    EXPECT_EQ(model.head_dim(), 32);
    EXPECT_EQ(model.depth, 4);
    EXPECT_EQ(model.attention, Attention::kSoftmax);
    EXPECT_THAT(model.pixel_mean, ElementsAre(0.4914, 0.4822, 0.4465));
    EXPECT_THAT(model.pixel_std, ElementsAre(0.2470, 0.2435, 0.2616));
    EXPECT_THAT(model.class_names, SizeIs(10));
  }
}

TEST(LoadModelTest, TheTaylorModelsDifferFromTheOthersInNameAttentionAndFilesAlone) {
  for (const char* name : {"deit_tiny", "deit_small", "deit_base", "shapes10_vit", "cifar10_vit"}) {
    const Model softmax = load_model(kModels / fmt::format("{}.yaml", name), {});
    Model taylor = load_model(kModels / fmt::format("{}_taylor.yaml", name), {});
    EXPECT_EQ(taylor.name, softmax.name + "_taylor");
    EXPECT_EQ(taylor.attention, Attention::kTaylor);
    EXPECT_EQ(taylor.weights.empty(), softmax.weights.empty());
    taylor.name = softmax.name;
    taylor.attention = softmax.attention;
    taylor.weights = softmax.weights;
    taylor.scales = softmax.scales;
    EXPECT_EQ(to_json(taylor), to_json(softmax));
  }
}

TEST(LoadModelTest, FilesAreRelativeToTheModelAndInAnOverrideToTheCurrentDirectory) {
  const YamlFile file("weights: weights/a.safetensors\nscales: ../b.json\n");
  const Model model = load_model(file.path(), {"model.scales=c.json"});
  EXPECT_EQ(model.weights, (file.directory() / "weights/a.safetensors").string());
  EXPECT_EQ(model.scales, "c.json");
  EXPECT_EQ(load_model(file.path(), {}).scales,
            (file.directory().parent_path() / "b.json").string());
}

TEST(LoadModelTest, AbsoluteFilesAndRandomWeightsStayAsTheyAre) {
  const Model model = model_of("weights: random:7\nscales: /s/b.json\n");
  EXPECT_EQ(model.weights, "random:7");
  EXPECT_EQ(model.scales, "/s/b.json");
}

TEST(LoadModelTest, AModelWithoutANameIsCalledAsItsFile) {
  EXPECT_EQ(model_of("depth: 2").name, "x");
  EXPECT_EQ(model_of("name: tiny").name, "tiny");
}

TEST(LoadModelTest, NullLeavesTheAttentionOpen) {
  EXPECT_EQ(model_of("attention: taylor").attention, Attention::kTaylor);
  EXPECT_FALSE(model_of("attention: null").attention);
  EXPECT_FALSE(model_of("attention: taylor", {"model.attention=null"}).attention);
}

TEST(LoadModelTest, AHiddenSizeThatIsWholeButForRoundingIsRounded) {
  EXPECT_EQ(model_of("{embed_dim: 100, heads: 1, mlp_ratio: 0.29}").mlp_dim(), 29);
}

TEST(LoadModelTest, SizesMustDivideEachOther) {
  EXPECT_EQ(model_error("image_size: 224\npatch_size: 15\n"),
            "model.patch_size: got '15', expected a divisor of model.image_size '224', x.yaml line "
            "2");
  EXPECT_EQ(model_error("embed_dim: 192\nheads: 5\n"),
            "model.heads: got '5', expected a divisor of model.embed_dim '192', x.yaml line 2");
  EXPECT_EQ(model_error("\nmlp_ratio: 2.3\n"),
            "model.mlp_ratio: got '2.3', expected a whole multiple of 1 / model.embed_dim '192', "
            "x.yaml line 2");
  EXPECT_THAT(model_error("{embed_dim: 4, heads: 1, mlp_ratio: 0.01}"),
              HasSubstr("model.mlp_ratio: got '0.01'"));
}

TEST(LoadModelTest, ListsHaveAnEntryForEachChannelAndClass) {
  EXPECT_EQ(model_error("pixel_mean: [0.5]"),
            "model.pixel_mean: got 1 numbers, expected one for each of model.channels '3', x.yaml "
            "line 1");
  EXPECT_EQ(model_error("channels: 2\npixel_mean: [0, 0]\npixel_std: [1, 1, 1]\n"),
            "model.pixel_std: got 3 numbers, expected one for each of model.channels '2', x.yaml "
            "line 3");
  EXPECT_EQ(model_error("classes: 3\nclass_names: [a, b]\n"),
            "model.class_names: got 2 names, expected none or one for each of model.classes '3', "
            "x.yaml line 2");
  EXPECT_EQ(model_error("channels: 4"),
            "model.pixel_mean: got 3 numbers, expected one for each of model.channels '4', x.yaml "
            "line 1");
}

TEST(LoadModelTest, PixelsAreScaledByPositiveFiniteNumbers) {
  EXPECT_EQ(model_error("pixel_std: [1, 0, 1]"),
            "model.pixel_std: got '0', expected numbers in [1e-6, 1e6], x.yaml line 1");
  EXPECT_EQ(model_error("pixel_std: [1, 1, -1]"),
            "model.pixel_std: got '-1', expected numbers in [1e-6, 1e6], x.yaml line 1");
  EXPECT_EQ(model_error("pixel_mean: [1e7, 0, 0]"),
            "model.pixel_mean: got '10000000', expected numbers in [-1e6, 1e6], x.yaml line 1");
  EXPECT_EQ(model_error("pixel_mean: [0, nan, 0]"),
            "model.pixel_mean[1]: got 'nan', expected a list of finite numbers (subtracted from "
            "pixel / 255, a number a channel), x.yaml line 1");
}

TEST(LoadModelTest, TensorsThatNoMemoryHoldsAreRefused) {
  EXPECT_EQ(model_error("{image_size: 4096, patch_size: 16}"),
            "model.image_size: got '4096', which makes 65537 tokens with model.patch_size '16', "
            "expected at most 65536 tokens, x.yaml line 1");
  EXPECT_THAT(model_error("{embed_dim: 16384, heads: 1, mlp_ratio: 64}"),
              HasSubstr("which makes a tensor of 17179869184 elements"));
  EXPECT_THAT(model_error("{image_size: 4096, patch_size: 32, embed_dim: 16384, heads: 1, "
                          "mlp_ratio: 16}"),
              HasSubstr("which makes a tensor of 4295229440 elements"));
  EXPECT_NO_THROW(model_of("{image_size: 4096, patch_size: 32}"));
}

TEST(LoadModelTest, MistakesInTheFileAreModelErrors) {
  EXPECT_EQ(model_error("\nclases: 10\n"),
            "model.clases: unknown key, did you mean 'classes'?, x.yaml line 2");
  EXPECT_EQ(model_error("name: [a]\n"),
            "model.name: got a list, expected text (what reports call the model; empty: the "
            "file's name), x.yaml line 1");
  EXPECT_EQ(model_error("name: \"a\\0b\"\n"),
            "model.name: got '\"a\\x00b\"', expected text (what reports call the model; empty: the "
            "file's name), x.yaml line 1");
  EXPECT_EQ(model_error("depth: 1\ndepth: 2\n"),
            "model.depth: got the key a second time, expected it once (line 1), x.yaml line 2");
  EXPECT_EQ(model_error("depth: [\n"),
            "x.yaml line 2: got malformed YAML (end of sequence flow not found), expected key: "
            "value");
  EXPECT_EQ(model_error(""), "x.yaml: got nothing, expected a map of keys");
  EXPECT_THAT(error_of<ModelError>([] { load_model("no/such.yaml", {}); }),
              HasSubstr("no/such.yaml"));
}

}  // namespace
}  // namespace vitsim::config
