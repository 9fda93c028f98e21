// SPDX-License-Identifier: Apache-2.0
#include "override.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vitsim/config/parse_yaml.h"
#include "vitsim/core/text.h"

namespace vitsim::config {
namespace {

/// The names in "a.b.c"; empty where one of them is.
std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> names;
  while (true) {
    const std::size_t dot = path.find('.');
    names.emplace_back(path.substr(0, dot));
    if (names.back().empty()) {
      return {};
    }
    if (dot == std::string_view::npos) {
      return names;
    }
    path.remove_prefix(dot + 1);
  }
}

}  // namespace

bool is_model_override(std::string_view text) { return text.starts_with("model."); }

void apply_override(Node& root, const std::string& text, std::string_view prefix) {
  const Source source{"--set " + printable(text), Source::Kind::kOverride};
  const Origin origin{std::make_shared<const Source>(source), 0};
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    origin.fail_here("got no '=', expected KEY=VALUE");
  }
  const auto names = split_path(std::string_view(text).substr(0, equals).substr(prefix.size()));
  if (names.empty() || names.size() > kMaxYamlDepth) {
    origin.fail_here("got a malformed key, expected names joined by dots before the '='");
  }
  Node value = parse_yaml(text.substr(equals + 1), origin.source, text.substr(0, equals) + ".");

  Node* node = &root;
  for (const std::string& name : names) {
    if (node->kind != Node::Kind::kMap) {
      *node = {};
      node->kind = Node::Kind::kMap;
      node->origin = origin;
    }
    if (Node::Entry* entry = node->find(name)) {
      entry->origin = origin;
      node = &entry->value;
    } else {
      node->entries.push_back({name, origin, {}});
      node = &node->entries.back().value;
    }
  }
  *node = std::move(value);
}

}  // namespace vitsim::config
