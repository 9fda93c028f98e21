// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vitsim/core/error.h"
#include "vitsim/core/npy.h"
#include "vitsim/core/safetensors.h"

#include "image_files.h"

namespace vitsim::model {
namespace {

/// What a safetensors file of several tensors calls its images.
constexpr std::string_view kImages = "images";

/// The images wanted of a tensor [channels, h, w] or [images, channels, h, w].
std::vector<Image> take_images(const Selection& selection, const config::Model& model,
                               const std::vector<std::int64_t>& shape,
                               std::span<const float> values) {
  const std::vector<std::int64_t> expected{model.channels, model.image_size, model.image_size};
  const bool many = shape.size() == 4;
  if (!std::ranges::equal(std::span(shape).subspan(many ? 1 : 0), expected)) {
    throw ModelError(fmt::format(
        "{}: got a tensor of shape {}, expected {} or a batch of them, [images, {}], by model '{}'",
        selection.path, shape, expected, fmt::join(expected, ", "), model.name));
  }
  const std::int64_t last = selection.last_of(many ? shape[0] : 1);
  const std::int64_t pixels = std::int64_t{model.image_size} * model.image_size;
  std::vector<Image> images;
  for (std::int64_t index = selection.first; index <= last; ++index) {
    const std::string name = selection.name_of(index);
    const std::span<const float> image =
        values.subspan(static_cast<std::size_t>(index * model.channels * pixels),
                       static_cast<std::size_t>(model.channels * pixels));
    const auto bad = std::ranges::find_if(image, [](float x) { return !std::isfinite(x); });
    if (bad != image.end()) {
      throw ModelError(fmt::format("{}: got {} at element {}, expected finite numbers", name, *bad,
                                   bad - image.begin()));
    }
    const MatrixView<const float> view(image.data(), model.channels, pixels, pixels);
    images.push_back({.input = name, .label = std::nullopt, .patches = cut_patches(view, model)});
  }
  return images;
}

}  // namespace

std::vector<Image> load_npy_images(const Selection& selection, const config::Model& model) {
  const NpyArray array = load_npy(selection.path);
  return take_images(selection, model, array.shape, array.values);
}

std::vector<Image> load_safetensors_images(const Selection& selection, const config::Model& model) {
  const Safetensors file = Safetensors::load(selection.path);
  const auto& tensors = file.tensors();
  if (tensors.size() != 1 && !file.contains(kImages)) {
    throw ModelError(fmt::format(
        "{}: got {} tensors and none named '{}', expected a single one or one of that name",
        selection.path, tensors.size(), kImages));
  }
  const std::string name = file.contains(kImages) ? std::string(kImages) : tensors.begin()->first;
  return take_images(selection, model, tensors.find(name)->second.shape, file.floats(name));
}

}  // namespace vitsim::model
