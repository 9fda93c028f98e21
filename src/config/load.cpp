// SPDX-License-Identifier: Apache-2.0
#include "vitsim/config/load.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/file.h"

#include "check_model.h"
#include "node.h"
#include "override.h"
#include "parse.h"
#include "reader.h"

namespace vitsim::config {
namespace {

std::string read_text(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_file(path, kMaxYamlBytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The map that `yaml` spells.
Node parse_map(const std::string& yaml, Source source, std::string_view key_path) {
  Node root =
      parse_yaml(yaml, std::make_shared<const Source>(std::move(source)), std::string(key_path));
  if (root.kind != Node::Kind::kMap) {
    root.origin.fail_here(fmt::format("got {}, expected a map of keys",
                                      root.kind == Node::Kind::kNull ? "nothing" : root.found()));
  }
  return root;
}

template <class T>
T read(const Node& root, std::string_view key_path) {
  T value;
  Reader reader(root, std::string(key_path));
  value.fields(reader);
  reader.finish();
  return value;
}

/// A file that `given` names relative to `model_path`, relative to the current directory.
std::string resolve(const Node& root, std::string_view key, std::string given,
                    const std::filesystem::path& model_path) {
  const Node::Entry* entry = root.find(key);
  if (given.empty() || given.starts_with("random:") || entry->origin.is_override()) {
    return given;
  }
  return (model_path.parent_path() / given).lexically_normal().string();
}

}  // namespace

Config load_config(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  std::string yaml;
  try {
    yaml = read_text(path);
  } catch (const ModelError& error) {
    throw ConfigError(error.what());  // read_file() does not know what the file is for
  }
  return parse_config(yaml, path.string(), overrides);
}

Config parse_config(const std::string& yaml, const std::string& name,
                    const std::vector<std::string>& overrides) {
  Node root = parse_map(yaml, {name, Source::Kind::kConfigFile}, "");
  for (const std::string& text : overrides) {
    if (!is_model_override(text)) {
      apply_override(root, text, "");
    }
  }
  auto config = read<Config>(root, "");
  try {
    check(config);
  } catch (const ConfigError& error) {
    throw ConfigError(fmt::format("{}, {}", error.what(), name));
  }
  return config;
}

Model load_model(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  constexpr std::string_view kPrefix = "model.";
  Node root = parse_map(read_text(path), {path.string(), Source::Kind::kModelFile}, kPrefix);
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
