// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/dataset.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/random.h"

#include "image_files.h"

namespace vitsim::model {
namespace {

constexpr std::string_view kRandom = "random:";

struct Format {
  std::string_view extension;
  std::vector<Image> (*load)(const Selection&, const config::Model&);
};

constexpr std::array kFormats{Format{".bin", load_cifar10}, Format{".npy", load_npy_images},
                              Format{".safetensors", load_safetensors_images}};

/// `text` as an integer without a sign, if it is nothing else.
template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.front() == '-' || error != std::errc() ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

/// FILE, FILE:FIRST or FILE:FIRST-LAST; a file that exists under the whole name is that file.
Selection parse_selection(const std::string& input) {
  std::error_code ignored;
  const std::size_t colon = input.rfind(':');
  if (colon == std::string::npos || std::filesystem::exists(input, ignored)) {
    return {.path = input, .first = 0, .last = std::nullopt};
  }
  const std::string_view suffix = std::string_view(input).substr(colon + 1);
  const std::size_t dash = suffix.find('-');
  const auto first = number<std::int64_t>(suffix.substr(0, dash));
  const auto last =
      dash == std::string_view::npos ? first : number<std::int64_t>(suffix.substr(dash + 1));
  if (!first || !last || *first > *last) {
    throw ModelError(fmt::format(
        "input '{}': got '{}' after the colon, expected an index or FIRST-LAST with FIRST <= LAST",
        input, suffix));
  }
  return {.path = input.substr(0, colon), .first = *first, .last = last};
}

Image random_image(const std::string& input, const config::Model& model) {
  const auto seed = number<std::uint64_t>(std::string_view(input).substr(kRandom.size()));
  if (!seed) {
    throw ModelError(
        fmt::format("input '{}': got '{}' as seed, expected an integer from 0 to 2^64 - 1", input,
                    input.substr(kRandom.size())));
  }
  Random random(*seed);
  Matrix<float> pixels(model.channels, std::int64_t{model.image_size} * model.image_size);
  for (std::int64_t channel = 0; channel < pixels.rows(); ++channel) {
    std::ranges::generate(pixels.row(channel), [&] { return random.normal(); });
  }
  return {.input = input, .label = std::nullopt, .patches = cut_patches(pixels.view(), model)};
}

}  // namespace

std::int64_t Selection::last_of(std::int64_t count) const {
  const std::int64_t wanted = last.value_or(count - 1);
  if (count == 0 || wanted >= count) {
    throw ModelError(fmt::format("{}: got index {}, expected one below {}, the number of images",
                                 path, std::max(wanted, first), count));
  }
  return wanted;
}

std::string Selection::name_of(std::int64_t index) const {
  return fmt::format("{}:{}", path, index);
}

std::vector<Image> load_images(const std::string& input, const config::Model& model) {
  if (input.starts_with(kRandom)) {
    return {random_image(input, model)};
  }
  const Selection selection = parse_selection(input);
  const std::string extension = std::filesystem::path(selection.path).extension().string();
  const auto* format = std::ranges::find(kFormats, extension, &Format::extension);
  if (format == kFormats.end()) {
    throw ModelError(fmt::format(
        "input '{}': got a file name that ends in '{}', expected .bin (CIFAR-10 records), .npy, "
        ".safetensors or random:SEED",
        input, extension));
  }
  return format->load(selection, model);
}

Matrix<float> cut_patches(MatrixView<const float> image, const config::Model& model) {
  const std::int64_t size = model.image_size;
  const std::int64_t patch = model.patch_size;
  const std::int64_t patches_a_row = size / patch;
  Matrix<float> patches(model.patches(), model.patch_dim());
  for (std::int64_t p = 0; p < patches.rows(); ++p) {
    const std::int64_t top = p / patches_a_row * patch;
    const std::int64_t left = p % patches_a_row * patch;
    auto out = patches.row(p).begin();
    for (std::int64_t channel = 0; channel < image.rows(); ++channel) {
      for (std::int64_t y = top; y < top + patch; ++y) {
        out = std::ranges::copy(image.block(channel, y * size + left, 1, patch).row(0), out).out;
      }
    }
  }
  return patches;
}

}  // namespace vitsim::model
