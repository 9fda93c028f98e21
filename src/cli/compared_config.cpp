// SPDX-License-Identifier: Apache-2.0
#include "compared_config.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "vitsim/core/text.h"

namespace vitsim::cli {
namespace {

std::string key_of(const std::string& setting) { return setting.substr(0, setting.find('=')); }

std::set<std::string> keys_of(const std::vector<ComparedConfig>& configs) {
  std::set<std::string> keys;
  for (const ComparedConfig& config : configs) {
    for (const std::string& setting : config.settings) {
      keys.insert(key_of(setting));
    }
  }
  return keys;
}

/// The last names of `key` that no other key ends in.
std::string shortened(const std::string& key, const std::set<std::string>& keys) {
  std::size_t dot = key.rfind('.');
  while (dot != std::string::npos && std::ranges::any_of(keys, [&](const std::string& other) {
           return other != key && other.ends_with(key.substr(dot));
         })) {
    dot = dot > 0 ? key.rfind('.', dot - 1) : std::string::npos;
  }
  return dot == std::string::npos ? key : key.substr(dot + 1);
}

std::string name_of(const ComparedConfig& config, const std::set<std::string>& keys) {
  std::string name = std::filesystem::path(config.file).stem().string();
  for (const std::string& setting : config.settings) {
    const std::string key = key_of(setting);
    name += " " + shortened(key, keys) + setting.substr(key.size());
  }
  return printable(name);
}

}  // namespace

ComparedConfig parse_compared_config(const std::string& argument) {
  ComparedConfig config;
  std::string* part = &config.file;
  for (std::size_t begin = 0; begin <= argument.size();) {
    const std::size_t comma = std::min(argument.find(',', begin), argument.size());
    const std::string piece = argument.substr(begin, comma - begin);
    if (begin == 0) {
      config.file = piece;
    } else if (piece.find('=') != std::string::npos) {
      part = &config.settings.emplace_back(piece);
    } else {
      *part += "," + piece;
    }
    begin = comma + 1;
  }
  return config;
}

std::vector<std::string> column_names(const std::vector<ComparedConfig>& configs) {
  const std::set<std::string> keys = keys_of(configs);
  std::vector<std::string> plain;
  std::vector<std::string> names;
  for (const ComparedConfig& config : configs) {
    plain.push_back(name_of(config, keys));
    const auto same = std::ranges::count(plain, plain.back());
    names.push_back(same > 1 ? fmt::format("{} ({})", plain.back(), same) : plain.back());
  }
  return names;
}

}  // namespace vitsim::cli
