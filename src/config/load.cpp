// SPDX-License-Identifier: Apache-2.0
#include "vitsim/config/load.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "vitsim/config/node.h"
#include "vitsim/config/parse_yaml.h"
#include "vitsim/config/reader.h"
#include "vitsim/core/error.h"

#include "check_model.h"
#include "override.h"

namespace vitsim::config {
namespace {

template <class T>
T read(const Node& root, std::string_view key_path) {
  T value;
  Reader reader(root, std::string(key_path));
  value.fields(reader);
  reader.finish();
  return value;
}

/// A file that `given`, the value of `key` in `map`, names relative to the file at `path`, relative
/// to the current directory.
std::string resolve(const Node& map, std::string_view key, std::string given,
                    const std::filesystem::path& path) {
  const Node::Entry* entry = map.find(key);
  if (given.empty() || given.starts_with("random:") || entry->origin.is_override()) {
    return given;
  }
  return (path.parent_path() / given).lexically_normal().string();
}

}  // namespace

Config load_config(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  const std::string yaml = read_yaml_file({path.string(), Source::Kind::kConfigFile});
  return parse_config(yaml, path.string(), overrides);
}

Config parse_config(const std::string& yaml, const std::string& name,
                    const std::vector<std::string>& overrides) {
  Node root = parse_yaml_map(
      yaml, std::make_shared<const Source>(Source{name, Source::Kind::kConfigFile}), "");
  for (const std::string& text : overrides) {
    if (!is_model_override(text)) {
      apply_override(root, text, "");
    }
  }
  auto config = read<Config>(root, "");
  if (const Node::Entry* mapping = root.find("mapping")) {
    config.mapping.file = resolve(mapping->value, "file", config.mapping.file, name);
  }
  try {
    check(config);
  } catch (const ConfigError& error) {
    throw ConfigError(fmt::format("{}, {}", error.what(), name));
  }
  return config;
}

Model load_model(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  constexpr std::string_view kPrefix = "model.";
  const auto source =
      std::make_shared<const Source>(Source{path.string(), Source::Kind::kModelFile});
  Node root = parse_yaml_map(read_yaml_file(*source), source, std::string(kPrefix));
  for (const std::string& text : overrides) {
    if (is_model_override(text)) {
      apply_override(root, text, kPrefix);
    }
  }
  auto model = read<Model>(root, kPrefix);
  check_model(model, root);
  if (model.name.empty()) {
    model.name = path.stem().string();
  }
  model.weights = resolve(root, "weights", model.weights, path);
  model.scales = resolve(root, "scales", model.scales, path);
  return model;
}

}  // namespace vitsim::config
