// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "vitsim/config/model.h"
#include "vitsim/core/safetensors.h"
#include "vitsim/reference/weights.h"

namespace vitsim::test {

using Tensors = std::map<std::string, FloatTensor>;

/// `weights` as the tensors of a timm file.
inline Tensors timm_tensors(const reference::Weights& weights, const config::Model& model) {
  Tensors tensors;
  const auto linear = [&](const std::string& name, const reference::Linear& layer) {
    tensors[name + ".weight"] = {{layer.weight.rows(), layer.weight.cols()},
                                 layer.weight.elements()};
    tensors[name + ".bias"] = {{layer.weight.rows()}, layer.bias};
  };
  const auto norm = [&](const std::string& name, const reference::LayerNorm& layer) {
    tensors[name + ".weight"] = {{model.embed_dim}, layer.gamma};
    tensors[name + ".bias"] = {{model.embed_dim}, layer.beta};
  };
  linear("patch_embed.proj", weights.patch_embed);
  tensors["patch_embed.proj.weight"].shape = {model.embed_dim, model.channels, model.patch_size,
                                              model.patch_size};
  tensors["cls_token"] = {{1, 1, model.embed_dim}, weights.class_token};
  tensors["pos_embed"] = {{1, model.tokens(), model.embed_dim},
                          weights.position_embedding.elements()};
  for (std::size_t i = 0; i < weights.blocks.size(); ++i) {
    const reference::EncoderBlock& block = weights.blocks[i];
    const std::string name = fmt::format("blocks.{}", i);
    norm(name + ".norm1", block.norm1);
    linear(name + ".attn.qkv", block.qkv);
    linear(name + ".attn.proj", block.proj);
    norm(name + ".norm2", block.norm2);
    linear(name + ".mlp.fc1", block.fc1);
    linear(name + ".mlp.fc2", block.fc2);
  }
  norm("norm", weights.norm);
  linear("head", weights.head);
  return tensors;
}

}  // namespace vitsim::test
