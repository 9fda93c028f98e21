// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/point_hash.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/config/describe.h"
#include "vitsim/core/checksum.h"
#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

namespace vitsim::sweep {
namespace {

constexpr std::string_view kRandomPrefix = "random:";

std::string hash_of_file(const std::string& name) {
  Checksum checksum;
  std::ifstream file(name, std::ios::binary);
  std::vector<char> block(std::size_t{1} << 20);
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    checksum.add({block.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (!file.eof()) {
    throw ModelError(fmt::format("{}: cannot be read", printable(name)));
  }
  return checksum.text();
}

/// An input's file, without the images that are chosen of it: `images.bin:0-9`.
std::string file_of(const std::string& input) {
  return std::filesystem::exists(input) ? input : input.substr(0, input.rfind(':'));
}

}  // namespace

std::string hash_of(std::string_view text) {
  Checksum checksum;
  checksum.add(text);
  return checksum.text();
}

PointHash::PointHash() : program_(hash_of_file("/proc/self/exe")) {}

const std::string& PointHash::content(const std::string& file) {
  auto found = contents_.find(file);
  if (found == contents_.end()) {
    found = contents_.emplace(file, hash_of_file(file)).first;
  }
  return found->second;
}

std::string PointHash::of(const config::Config& config, const config::Model& model,
                          const std::string& weights, const std::string& input,
                          std::string_view check) {
  nlohmann::ordered_json machine = config::to_json(config);
  machine["mapping"].erase("file");
  nlohmann::ordered_json network = config::to_json(model);
  network.erase("weights");
  network.erase("scales");
  std::string text =
      fmt::format("{}\n{}\n{}\n{}\n", program_, machine.dump(), network.dump(), check);
  if (weights.starts_with(kRandomPrefix)) {
    text += weights;  // its scales are fixed ones
  } else {
    text += content(weights) + (model.scales.empty() ? "" : content(model.scales));
  }
  text += '\n';
  if (input.starts_with(kRandomPrefix)) {
    text += input;
  } else {
    const std::string file = file_of(input);
    text += content(file) + input.substr(file.size());
  }
  if (!config.mapping.file.empty()) {
    text += '\n' + content(config.mapping.file);
  }
  return hash_of(text);
}

}  // namespace vitsim::sweep
