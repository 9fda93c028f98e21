// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/config/field.h"

namespace vitsim::config {

/// A Vision Transformer's architecture and where its weights lie: one file of `models/`.
struct Model {
  std::string name;
  int image_size = 224;
  int patch_size = 16;
  int channels = 3;
  int embed_dim = 192;
  int depth = 12;
  int heads = 3;
  double mlp_ratio = 4;
  int classes = 1000;
  double layer_norm_eps = 1e-6;
  std::optional<Attention> attention;
  std::string weights;
  std::string scales;
  std::vector<double> pixel_mean{0.485, 0.456, 0.406};
  std::vector<double> pixel_std{0.229, 0.224, 0.225};
  std::vector<std::string> class_names;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("name", name, "what reports call the model; empty: the file's name");
    visit("image_size", image_size, Range{1, 4096}, "height and width of the image in pixels");
    visit("patch_size", patch_size, Range{1, 1024}, "height and width of a patch in pixels");
    visit("channels", channels, Range{1, 16}, "colour channels");
    visit("embed_dim", embed_dim, Range{1, 16384}, "features of a token");
    visit("depth", depth, Range{1, 256}, "encoder blocks");
    visit("heads", heads, Range{1, 256}, "attention heads; divides embed_dim");
    visit("mlp_ratio", mlp_ratio, Range{0.01, 64}, "hidden features of the MLP over embed_dim");
    visit("classes", classes, Range{1, 100000}, "outputs of the head");
    visit("layer_norm_eps", layer_norm_eps, Range{0, 1}, "epsilon of the float layer norm");
    visit("attention", attention, kAttentionNames,
          "set where the weights were trained for it; wins over the configuration");
    visit("weights", weights, "safetensors file, relative to this one; empty: give -w");
    visit("scales", scales, "scales file of `vitsim calibrate`, relative to this one");
    visit("pixel_mean", pixel_mean, "subtracted from pixel / 255, a number a channel");
    visit("pixel_std", pixel_std, "then divided by, a number a channel");
    visit("class_names", class_names, "what reports call the classes; empty: their numbers");
  }

  [[nodiscard]] int head_dim() const { return embed_dim / heads; }
  /// Hidden features of the MLP.
  [[nodiscard]] int mlp_dim() const { return static_cast<int>(std::lround(embed_dim * mlp_ratio)); }
  /// Patches of an image.
  [[nodiscard]] int patches() const {
    return (image_size / patch_size) * (image_size / patch_size);
  }
  /// Patches and the class token.
  [[nodiscard]] int tokens() const { return patches() + 1; }
  /// Values of a patch: channels x patch_size x patch_size.
  [[nodiscard]] int patch_dim() const { return channels * patch_size * patch_size; }
};

}  // namespace vitsim::config
