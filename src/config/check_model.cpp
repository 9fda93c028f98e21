// SPDX-License-Identifier: Apache-2.0
#include "check_model.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string_view>

#include <fmt/format.h>

namespace vitsim::config {
namespace {

/// Where the values of `keys` were given: an override before a line of the file.
Origin place_of(const Node& root, std::initializer_list<std::string_view> keys) {
  Origin place = root.origin;
  place.line = 0;
  for (const std::string_view key : keys) {
    const Node::Entry* entry = root.find(key);
    if (entry != nullptr && (place.line == 0 || entry->origin.is_override())) {
      place = entry->origin;
    }
    if (place.is_override()) {
      break;
    }
  }
  return place;
}

void check_shape(const Model& model, const Node& root) {
  if (model.image_size % model.patch_size != 0) {
    place_of(root, {"patch_size", "image_size"})
        .fail(fmt::format("model.patch_size: got '{}', expected a divisor of model.image_size '{}'",
                          model.patch_size, model.image_size));
  }
  if (model.embed_dim % model.heads != 0) {
    place_of(root, {"heads", "embed_dim"})
        .fail(fmt::format("model.heads: got '{}', expected a divisor of model.embed_dim '{}'",
                          model.heads, model.embed_dim));
  }
  const double hidden = model.embed_dim * model.mlp_ratio;
  if (std::abs(hidden - std::round(hidden)) > 1e-6) {
    place_of(root, {"mlp_ratio", "embed_dim"})
        .fail(fmt::format("model.mlp_ratio: got '{}', expected a whole multiple of "
                          "1 / model.embed_dim '{}'",
                          model.mlp_ratio, model.embed_dim));
  }
}

/// Keeps every tensor of the network below 2^31 elements.
void check_sizes(const Model& model, const Node& root) {
  constexpr int kMaxTokens = 65536;
  if (model.tokens() > kMaxTokens) {
    place_of(root, {"image_size", "patch_size"})
        .fail(fmt::format("model.image_size: got '{}', which makes {} tokens with model.patch_size "
                          "'{}', expected at most {} tokens",
                          model.image_size, model.tokens(), model.patch_size, kMaxTokens));
  }
  constexpr std::int64_t kMaxElements = std::numeric_limits<std::int32_t>::max();
  const std::int64_t embed_dim = model.embed_dim;
  const std::int64_t widest =
      std::max({3 * embed_dim, std::int64_t{model.mlp_dim()}, std::int64_t{model.patch_dim()},
                std::int64_t{model.classes}});
  const std::int64_t largest = widest * std::max(embed_dim, std::int64_t{model.tokens()});
  if (largest > kMaxElements) {
    place_of(root, {"embed_dim", "mlp_ratio", "patch_size", "channels", "classes", "image_size"})
        .fail(fmt::format("model.embed_dim: got '{}', which makes a tensor of {} elements with "
                          "model.mlp_ratio '{}', model.patch_size '{}' and model.classes '{}', "
                          "expected at most {}",
                          model.embed_dim, largest, model.mlp_ratio, model.patch_size,
                          model.classes, kMaxElements));
  }
}

void check_pixels(const Model& model, const Node& root) {
  const auto channels = static_cast<std::size_t>(model.channels);
  const auto check_length = [&](std::string_view key, std::size_t length) {
    if (length != channels) {
      place_of(root, {key, "channels"})
          .fail(fmt::format("model.{}: got {} numbers, expected one for each of model.channels "
                            "'{}'",
                            key, length, model.channels));
    }
  };
  check_length("pixel_mean", model.pixel_mean.size());
  check_length("pixel_std", model.pixel_std.size());
  // Wide bounds, within which float arithmetic on pixels neither overflows nor divides by zero.
  for (const double mean : model.pixel_mean) {
    if (std::abs(mean) > 1e6) {
      place_of(root, {"pixel_mean"})
          .fail(fmt::format("model.pixel_mean: got '{}', expected numbers in [-1e6, 1e6]", mean));
    }
  }
  for (const double deviation : model.pixel_std) {
    if (deviation < 1e-6 || deviation > 1e6) {
      place_of(root, {"pixel_std"})
          .fail(
              fmt::format("model.pixel_std: got '{}', expected numbers in [1e-6, 1e6]", deviation));
    }
  }
}

}  // namespace

void check_model(const Model& model, const Node& root) {
  check_shape(model, root);
  check_sizes(model, root);
  check_pixels(model, root);
  if (!model.class_names.empty() &&
      model.class_names.size() != static_cast<std::size_t>(model.classes)) {
    place_of(root, {"class_names", "classes"})
        .fail(fmt::format("model.class_names: got {} names, expected none or one for each of "
                          "model.classes '{}'",
                          model.class_names.size(), model.classes));
  }
}

}  // namespace vitsim::config
