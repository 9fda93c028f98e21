// SPDX-License-Identifier: Apache-2.0
#include "vitsim/reference/weights.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vitsim/core/error.h"
#include "vitsim/core/safetensors.h"
#include "vitsim/core/text.h"

#include "weight_names.h"

namespace vitsim::reference {
namespace {

using Shape = std::vector<std::int64_t>;

/// Takes tensors out of a file, each checked, and knows at the end which nobody asked for.
class Reader {
 public:
  Reader(const Safetensors& file, const config::Model& model)
      : file_(file), model_(model), names_(WeightNames::detect(file)) {}

  Weights read() {
    const std::int64_t d = model_.embed_dim;
    const std::int64_t patch = model_.patch_size;
    Weights weights;
    weights.patch_embed = {Matrix<float>(d, model_.patch_dim(),
                                         take(names_.of(Part::kPatchEmbed) + ".weight",
                                              {d, model_.channels, patch, patch})),
                           take(names_.of(Part::kPatchEmbed) + ".bias", {d})};
    weights.class_token = take(names_.of(Part::kClassToken), {1, 1, d});
    weights.position_embedding = Matrix<float>(
        model_.tokens(), d, take(names_.of(Part::kPositionEmbedding), {1, model_.tokens(), d}));
    for (int i = 0; i < model_.depth; ++i) {
      weights.blocks.push_back(block(i));
    }
    weights.norm = layer_norm(names_.of(Part::kNorm));
    weights.head = linear(names_.of(Part::kHead), model_.classes, d);
    refuse_extra();
    return weights;
  }

 private:
  EncoderBlock block(int i) {
    const std::int64_t d = model_.embed_dim;
    const std::int64_t hidden = model_.mlp_dim();
    EncoderBlock block;
    block.norm1 = layer_norm(names_.of(Part::kNorm1, i));
    block.qkv = names_.joins_qkv() ? linear(names_.of(Part::kQkv, i), 3 * d, d) : joined_qkv(i);
    block.proj = linear(names_.of(Part::kProj, i), d, d);
    block.norm2 = layer_norm(names_.of(Part::kNorm2, i));
    block.fc1 = linear(names_.of(Part::kFc1, i), hidden, d);
    block.fc2 = linear(names_.of(Part::kFc2, i), d, hidden);
    return block;
  }

  Linear joined_qkv(int i) {
    const std::int64_t d = model_.embed_dim;
    std::vector<float> weight;
    std::vector<float> bias;
    for (const Part part : {Part::kQuery, Part::kKey, Part::kValue}) {
      const Linear third = linear(names_.of(part, i), d, d);
      weight.insert(weight.end(), third.weight.elements().begin(), third.weight.elements().end());
      bias.insert(bias.end(), third.bias.begin(), third.bias.end());
    }
    return {Matrix<float>(3 * d, d, std::move(weight)), std::move(bias)};
  }

  Linear linear(const std::string& name, std::int64_t out, std::int64_t in) {
    return {Matrix<float>(out, in, take(name + ".weight", {out, in})), take(name + ".bias", {out})};
  }

  LayerNorm layer_norm(const std::string& name) {
    return {take(name + ".weight", {model_.embed_dim}), take(name + ".bias", {model_.embed_dim})};
  }

  std::vector<float> take(const std::string& name, const Shape& shape) {
    if (!file_.contains(name)) {
      fail(name, "got no such tensor", fmt::format("a float tensor of shape {}", shape));
    }
    const Safetensors::Tensor& tensor = file_.at(name);
    if (tensor.type != DType::kF32 && tensor.type != DType::kF16 && tensor.type != DType::kBF16) {
      fail(name, fmt::format("got type {}", name_of(tensor.type)), "F32, F16 or BF16");
    }
    if (tensor.shape != shape) {
      fail(name, fmt::format("got shape {}", tensor.shape),
           fmt::format("{} by model '{}'", shape, model_.name));
    }
    std::vector<float> values = file_.floats(name);
    const auto bad = std::ranges::find_if(values, [](float x) { return !std::isfinite(x); });
    if (bad != values.end()) {
      fail(name, fmt::format("got {} at element {}", *bad, bad - values.begin()), "finite numbers");
    }
    taken_.insert(name);
    return values;
  }

  void refuse_extra() const {
    for (const auto& [name, tensor] : file_.tensors()) {
      if (!taken_.contains(name)) {
        fail(name, fmt::format("got a tensor of shape {}", tensor.shape),
             fmt::format("none of that name in model '{}' ({} blocks)", model_.name, model_.depth));
      }
    }
  }

  [[noreturn]] void fail(const std::string& name, const std::string& found,
                         const std::string& expected) const {
    throw ModelError(fmt::format("{}: tensor '{}': {}, expected {}", file_.path().string(),
                                 printable(name), found, expected));
  }

  const Safetensors& file_;
  const config::Model& model_;
  WeightNames names_;
  std::set<std::string, std::less<>> taken_;
};

}  // namespace

Weights load_weights(const std::filesystem::path& path, const config::Model& model) {
  return Reader(Safetensors::load(path), model).read();
}

}  // namespace vitsim::reference
