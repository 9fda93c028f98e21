// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "vitsim/core/error.h"

#include "image_files.h"

namespace vitsim::model {
namespace {

constexpr int kSize = 32;
constexpr int kChannels = 3;
constexpr int kPixels = kSize * kSize;
constexpr int kRecordBytes = 1 + kChannels * kPixels;
using Record = std::array<char, kRecordBytes>;

void check_model(const Selection& selection, const config::Model& model) {
  if (model.image_size != kSize || model.channels != kChannels) {
    throw ModelError(
        fmt::format("{}: got CIFAR-10 records of {} x {} pixels and {} channels, expected {} x {} "
                    "pixels and {} "
                    "channels by model '{}'",
                    selection.path, kSize, kSize, kChannels, model.image_size, model.image_size,
                    model.channels, model.name));
  }
  if (model.pixel_mean.size() != kChannels || model.pixel_std.size() != kChannels) {
    throw ModelError(fmt::format(
        "model '{}': got {} numbers in pixel_mean and {} in pixel_std, expected {} of each",
        model.name, model.pixel_mean.size(), model.pixel_std.size(), kChannels));
  }
}

/// How many records the file holds.
std::int64_t count_records(const std::string& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) {
    throw ModelError(fmt::format("{}: cannot be read: {}", path, error.message()));
  }
  if (bytes == 0 || bytes % kRecordBytes != 0) {
    throw ModelError(
        fmt::format("{}: got {} bytes, expected a multiple of {} (CIFAR-10 records: a label and {} "
                    "pixel bytes)",
                    path, bytes, kRecordBytes, kRecordBytes - 1));
  }
  return static_cast<std::int64_t>(bytes / kRecordBytes);
}

Image make_image(const std::string& name, const Record& record, const config::Model& model) {
  const int label = static_cast<unsigned char>(record[0]);
  if (label >= model.classes) {
    throw ModelError(
        fmt::format("{}: got label {}, expected one below {}, the classes of model '{}'", name,
                    label, model.classes, model.name));
  }
  Matrix<float> pixels(kChannels, kPixels);
  const char* byte = record.data() + 1;
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    const auto mean = static_cast<float>(model.pixel_mean[channel]);
    const auto deviation = static_cast<float>(model.pixel_std[channel]);
    for (float& pixel : pixels.row(static_cast<std::int64_t>(channel))) {
      const auto value = static_cast<float>(static_cast<unsigned char>(*byte++));
      pixel = (value / 255.0F - mean) / deviation;
    }
  }
  return {.input = name, .label = label, .patches = cut_patches(pixels.view(), model)};
}

}  // namespace

std::vector<Image> load_cifar10(const Selection& selection, const config::Model& model) {
  check_model(selection, model);
  const std::int64_t last = selection.last_of(count_records(selection.path));
  std::ifstream file(selection.path, std::ios::binary);
  file.seekg(selection.first * kRecordBytes);
  std::vector<Image> images;
  Record record;
  for (std::int64_t index = selection.first; index <= last; ++index) {
    if (!file.read(record.data(), record.size())) {
      throw ModelError(
          fmt::format("{}: cannot be read at byte {}", selection.path, index * kRecordBytes));
    }
    images.push_back(make_image(selection.name_of(index), record, model));
  }
  return images;
}

}  // namespace vitsim::model
