// SPDX-License-Identifier: Apache-2.0
#include "vitsim/reference/weights.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "reference/flat_weights.h"
#include "reference/tiny_model.h"

namespace vitsim::reference {
namespace {

using test::Tensors;
using testing::AllOf;
using testing::HasSubstr;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// The tensors of a timm file as transformers' ViTForImageClassification would save them.
Tensors hugging_face_tensors(const Tensors& timm, const std::string& prefix) {
  // written out once more, so that a slip in the table of the program shows
  const std::pair<std::string_view, std::string_view> renamed[] = {
      {"cls_token", "embeddings.cls_token"},
      {"pos_embed", "embeddings.position_embeddings"},
      {"patch_embed.proj.", "embeddings.patch_embeddings.projection."},
      {"blocks.", "encoder.layer."},
      {".norm1.", ".layernorm_before."},
      {".norm2.", ".layernorm_after."},
      {".attn.proj.", ".attention.output.dense."},
      {".mlp.fc1.", ".intermediate.dense."},
      {".mlp.fc2.", ".output.dense."},
  };
  Tensors result;
  for (const auto& [timm_name, tensor] : timm) {
    std::string name = timm_name;
    for (const auto& [from, to] : renamed) {
      replace_all(name, from, to);
    }
    if (name.starts_with("head.")) {
      result["classifier" + name.substr(4)] = tensor;
      continue;
    }
    if (name.starts_with("norm.")) {
      name = "layernorm" + name.substr(4);
    }
    const std::size_t qkv = name.find(".attn.qkv.");
    if (qkv == std::string::npos) {
      result[prefix + name] = tensor;
      continue;
    }
    auto from = tensor.values.begin();
    const auto third = static_cast<std::ptrdiff_t>(tensor.values.size() / 3);
    for (const char* part : {"query", "key", "value"}) {
      FloatTensor& split = result[prefix + name.substr(0, qkv) + ".attention.attention." + part +
                                  name.substr(qkv + 9)];
      split.shape = tensor.shape;
      split.shape[0] /= 3;
      split.values.assign(from, from + third);
      from += third;
    }
  }
  return result;
}

/// Writes the tiny model's weights with one thing wrong and reads them back.
class WeightsTest : public testing::Test {
 protected:
  std::filesystem::path write() const {
    write_safetensors(path_, tensors_);
    return path_;
  }
  std::string error() const {
    return test::model_error([&] { load_weights(path_, model_); });
  }
  std::string error_after_write() const {
    write();
    return error();
  }
  Tensors loaded() const { return test::timm_tensors(load_weights(path_, model_), model_); }

  /// Writes the tensors, `name` as `elements` of `type`.
  template <class Element>
  void write_with(const std::string& name, const std::string& type,
                  const std::vector<Element>& elements) const {
    nlohmann::json header;
    std::string data;
    for (const auto& [tensor_name, tensor] : tensors_) {
      const bool other = tensor_name == name;
      const std::size_t begin = data.size();
      const void* bytes = other ? static_cast<const void*>(elements.data()) : tensor.values.data();
      data.append(static_cast<const char*>(bytes),
                  other ? elements.size() * sizeof(Element) : tensor.values.size() * sizeof(float));
      header[tensor_name] = {{"dtype", other ? type : "F32"},
                             {"shape", tensor.shape},
                             {"data_offsets", {begin, data.size()}}};
    }
    const std::string text = header.dump();
    const std::uint64_t length = text.size();
    std::ofstream file(path_, std::ios::binary);
    file.write(reinterpret_cast<const char*>(&length), sizeof(length)) << text << data;
  }

  test::ScratchFolder folder_;
  std::filesystem::path path_ = folder_ / "tiny.safetensors";
  config::Model model_ = test::tiny_model();
  Tensors tensors_ = test::timm_tensors(random_weights(5, model_), model_);
};

bool operator==(const Tensors& a, const Tensors& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.shape == y.second.shape &&
           x.second.values == y.second.values;
  });
}

TEST_F(WeightsTest, OfATimmFileAreReadBackAsTheyWereWritten) {
  write();
  EXPECT_TRUE(loaded() == tensors_);
}

TEST_F(WeightsTest, OfHuggingFaceFilesEqualThoseOfTheTimmFileUnderEachPrefix) {
  for (const char* prefix : {"vit.", "deit.", ""}) {
    write_safetensors(path_, hugging_face_tensors(tensors_, prefix));
    EXPECT_TRUE(loaded() == tensors_) << prefix;
  }
}

TEST_F(WeightsTest, MayBeOfHalfPrecision) {
  write_with<std::uint16_t>("norm.bias", "F16", {0x3c00, 0x4000, 0xbc00, 0x3800});
  EXPECT_EQ(load_weights(path_, model_).norm.beta, (std::vector<float>{1, 2, -1, 0.5}));
}

TEST_F(WeightsTest, MayBeOfBFloat16) {
  write_with<std::uint16_t>("norm.bias", "BF16", {0x3f80, 0x4000, 0xbf80, 0x3f00});
  EXPECT_EQ(load_weights(path_, model_).norm.beta, (std::vector<float>{1, 2, -1, 0.5}));
}

TEST_F(WeightsTest, OfATruncatedFileAreRefused) {
  write();
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 4);
  EXPECT_THAT(error(), HasSubstr("tiny.safetensors"));
  std::filesystem::resize_file(path_, 100);
  EXPECT_THAT(error(), HasSubstr("tiny.safetensors"));
  std::filesystem::resize_file(path_, 0);
  EXPECT_THAT(error(), HasSubstr("tiny.safetensors"));
}

TEST_F(WeightsTest, ThatDoNotExistAreRefused) {
  EXPECT_THAT(error(), HasSubstr("tiny.safetensors"));
}

TEST_F(WeightsTest, WithEachTensorMissingInTurnAreRefusedByItsName) {
  const Tensors all = tensors_;
  for (const auto& [name, tensor] : all) {
    tensors_ = all;
    tensors_.erase(name);
    EXPECT_THAT(error_after_write(),
                HasSubstr("tensor '" + name + "': got no such tensor, expected"));
  }
}

TEST_F(WeightsTest, OfHuggingFaceWithEachTensorMissingInTurnAreRefusedByItsName) {
  const Tensors all = hugging_face_tensors(tensors_, "vit.");
  for (const auto& [name, tensor] : all) {
    tensors_ = all;
    tensors_.erase(name);
    EXPECT_THAT(error_after_write(),
                HasSubstr("tensor '" + name + "': got no such tensor, expected"));
  }
}

TEST_F(WeightsTest, WithAShapeOfTheSameSizeAreRefused) {
  tensors_["blocks.1.mlp.fc1.weight"].shape = {4, 8};
  EXPECT_THAT(error_after_write(),
              HasSubstr("tensor 'blocks.1.mlp.fc1.weight': got shape [4, 8], expected [8, 4]"));
}

TEST_F(WeightsTest, OfAnotherImageSizeAreRefused) {
  model_.image_size = 8;
  EXPECT_THAT(error_after_write(),
              HasSubstr("tensor 'pos_embed': got shape [1, 5, 4], expected [1, 17, 4] by model"));
}

TEST_F(WeightsTest, ThatAreNotFiniteAreRefused) {
  tensors_["blocks.0.norm1.bias"].values[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(error_after_write(),
              HasSubstr("tensor 'blocks.0.norm1.bias': got nan at element 2, expected finite"));
  tensors_["blocks.0.norm1.bias"].values[2] = -std::numeric_limits<float>::infinity();
  EXPECT_THAT(error_after_write(), HasSubstr("got -inf at element 2"));
}

TEST_F(WeightsTest, OfIntegersAreRefused) {
  write_with<std::int32_t>("head.bias", "I32", {1, 2, 3});
  EXPECT_THAT(error(), HasSubstr("tensor 'head.bias': got type I32, expected F32, F16 or BF16"));
}

TEST_F(WeightsTest, OfDoublePrecisionAreRefused) {
  write_with<double>("head.bias", "F64", {1, 2, 3});
  EXPECT_THAT(error(), HasSubstr("tensor 'head.bias': got type F64, expected F32, F16 or BF16"));
}

TEST_F(WeightsTest, WithATensorTooManyAreRefusedByItsName) {
  tensors_["blocks.0.ls1.gamma"] = {{4}, {1, 1, 1, 1}};
  EXPECT_THAT(error_after_write(),
              AllOf(HasSubstr("tensor 'blocks.0.ls1.gamma': got a tensor of shape [4]"),
                    HasSubstr("expected none of that name")));
}

TEST_F(WeightsTest, OfADeeperModelAreRefused) {
  model_.depth = 1;
  EXPECT_THAT(error_after_write(), AllOf(HasSubstr("tensor 'blocks.1."), HasSubstr("(1 blocks)")));
}

TEST_F(WeightsTest, OfADistilledModelAreRefusedAsSuch) {
  for (const char* name : {"dist_token", "head_dist.weight", "deit.embeddings.distillation_token",
                           "distillation_classifier.bias"}) {
    Tensors distilled = tensors_;
    distilled[name] = {{1}, {0}};
    write_safetensors(path_, distilled);
    EXPECT_THAT(error(), HasSubstr("distillation tokens are not supported")) << name;
  }
}

TEST_F(WeightsTest, OfAnotherKindOfNetworkAreRefused) {
  tensors_ = {{"conv1.weight", {{1}, {0}}}, {"norm.weight", {{1}, {0}}}};
  EXPECT_THAT(error_after_write(), HasSubstr("expected a Vision Transformer under timm's names"));
  tensors_ = {};
  EXPECT_THAT(error_after_write(), HasSubstr("got 0 tensors"));
}

}  // namespace
}  // namespace vitsim::reference
