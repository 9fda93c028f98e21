// SPDX-License-Identifier: Apache-2.0
#include "weight_names.h"

#include <array>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

namespace vitsim::reference {
namespace {

struct Names {
  Part part;
  std::string_view timm;
  std::string_view hugging_face;  // after "vit.", "deit." or nothing, but for the head
};

/// All names, `{}` for the number of the block; empty where a library has no such tensor.
constexpr std::array kNames{
    Names{Part::kClassToken, "cls_token", "embeddings.cls_token"},
    Names{Part::kPositionEmbedding, "pos_embed", "embeddings.position_embeddings"},
    Names{Part::kPatchEmbed, "patch_embed.proj", "embeddings.patch_embeddings.projection"},
    Names{Part::kNorm1, "blocks.{}.norm1", "encoder.layer.{}.layernorm_before"},
    Names{Part::kQkv, "blocks.{}.attn.qkv", ""},
    Names{Part::kQuery, "", "encoder.layer.{}.attention.attention.query"},
    Names{Part::kKey, "", "encoder.layer.{}.attention.attention.key"},
    Names{Part::kValue, "", "encoder.layer.{}.attention.attention.value"},
    Names{Part::kProj, "blocks.{}.attn.proj", "encoder.layer.{}.attention.output.dense"},
    Names{Part::kNorm2, "blocks.{}.norm2", "encoder.layer.{}.layernorm_after"},
    Names{Part::kFc1, "blocks.{}.mlp.fc1", "encoder.layer.{}.intermediate.dense"},
    Names{Part::kFc2, "blocks.{}.mlp.fc2", "encoder.layer.{}.output.dense"},
    Names{Part::kNorm, "norm", "layernorm"},
    Names{Part::kHead, "head", "classifier"},
};

/// What the second token and head of a distilled DeiT are called.
constexpr std::array<std::string_view, 4> kDistillation{
    "dist_token", "head_dist", "distillation_token", "distillation_classifier"};

void refuse_distillation(const Safetensors& file) {
  for (const auto& [name, tensor] : file.tensors()) {
    for (const std::string_view part : kDistillation) {
      if (name.find(part) != std::string::npos) {
        throw ModelError(
            fmt::format("{}: tensor '{}': distillation tokens are not supported, expected the "
                        "weights of the same model without distillation",
                        file.path().string(), printable(name)));
      }
    }
  }
}

}  // namespace

std::string WeightNames::of(Part part, int block) const {
  for (const Names& names : kNames) {
    if (names.part == part) {
      const std::string_view name = joins_qkv() ? names.timm : names.hugging_face;
      return fmt::format("{}{}", part == Part::kHead ? "" : prefix_,
                         fmt::format(fmt::runtime(name), block));
    }
  }
  return {};
}

WeightNames WeightNames::detect(const Safetensors& file) {
  refuse_distillation(file);
  const std::array candidates{
      WeightNames(Style::kTimm, ""), WeightNames(Style::kHuggingFace, "vit."),
      WeightNames(Style::kHuggingFace, "deit."), WeightNames(Style::kHuggingFace, "")};
  // The file may lack tensors, which the reader reports by name: the most names win.
  const WeightNames* best = nullptr;
  int most = 0;
  for (const WeightNames& candidate : candidates) {
    int found = 0;
    for (const Names& names : kNames) {
      const std::string name = candidate.of(names.part);
      found += static_cast<int>(file.contains(name) || file.contains(name + ".weight"));
    }
    // `norm` and `head` alone are in the files of many other networks.
    if (found > most && found > 2) {
      best = &candidate;
      most = found;
    }
  }
  if (best == nullptr) {
    throw ModelError(fmt::format(
        "{}: got {} tensors, the first named '{}', expected a Vision Transformer under timm's "
        "names (such as '{}') or Hugging Face's (such as '{}')",
        file.path().string(), file.tensors().size(),
        file.tensors().empty() ? "" : printable(file.tensors().begin()->first),
        candidates[0].of(Part::kQkv) + ".weight", candidates[1].of(Part::kQuery) + ".weight"));
  }
  return *best;
}

}  // namespace vitsim::reference
