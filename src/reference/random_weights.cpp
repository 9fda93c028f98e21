// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/random.h"
#include "vitsim/reference/weights.h"

namespace vitsim::reference {
namespace {

/// 8 GiB of float32: a slip in `embed_dim` or `depth` must not drive the machine into swap.
constexpr double kMaxParameters = 2147483648.0;

/// Draws tensor by tensor. Each number is one multiplication and one addition in float, both
/// rounded as IEEE 754 says, so that it is the same on every processor.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::vector<float> draw(std::int64_t count, float centre, float half_width) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) {
      value = centre + (2.0F * random_.uniform() - 1.0F) * half_width;
    }
    return values;
  }

  Linear linear(std::int64_t out, std::int64_t in) {
    const float half_width = std::sqrt(3.0F / static_cast<float>(in));
    Matrix<float> weight(out, in, draw(out * in, 0, half_width));
    return {std::move(weight), draw(out, 0, 0.05F)};
  }

  LayerNorm layer_norm(std::int64_t features) {
    std::vector<float> gamma = draw(features, 1, 0.1F);
    return {std::move(gamma), draw(features, 0, 0.05F)};
  }

 private:
  Random random_;
};

void check_size(const config::Model& model) {
  const double d = model.embed_dim;
  const double block = 4 * d * d + 2 * d * model.mlp_dim();
  const double parameters =
      model.depth * block + d * (model.patch_dim() + model.tokens() + model.classes);
  if (parameters > kMaxParameters) {
    throw ModelError(
        fmt::format("model '{}': got {:.0f} parameters, expected at most {:.0f} for random weights",
                    model.name, parameters, kMaxParameters));
  }
}

}  // namespace

Weights random_weights(std::uint64_t seed, const config::Model& model) {
  check_size(model);
  const std::int64_t d = model.embed_dim;
  const std::int64_t hidden = model.mlp_dim();
  Generator generator(seed);
  Weights weights;
  weights.patch_embed = generator.linear(d, model.patch_dim());
  weights.class_token = generator.draw(d, 0, 0.2F);
  weights.position_embedding =
      Matrix<float>(model.tokens(), d, generator.draw(model.tokens() * d, 0, 0.2F));
  for (int i = 0; i < model.depth; ++i) {
    EncoderBlock block;
    block.norm1 = generator.layer_norm(d);
    block.qkv = generator.linear(3 * d, d);
    block.proj = generator.linear(d, d);
    block.norm2 = generator.layer_norm(d);
    block.fc1 = generator.linear(hidden, d);
    block.fc2 = generator.linear(d, hidden);
    weights.blocks.push_back(std::move(block));
  }
  weights.norm = generator.layer_norm(d);
  weights.head = generator.linear(model.classes, d);
  return weights;
}

}  // namespace vitsim::reference
