// SPDX-License-Identifier: Apache-2.0
#include "vitsim/config/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vitsim/core/text.h"

namespace vitsim::config {
namespace {

/// The number that all of `node` spells, unquoted; nothing where it spells none.
template <class Number>
std::optional<Number> parse_number(const Node& node) {
  if (node.kind != Node::Kind::kScalar || node.quoted) {
    return std::nullopt;
  }
  Number value{};
  const char* const end = node.scalar.data() + node.scalar.size();
  const auto [stop, error] = std::from_chars(node.scalar.data(), end, value);
  if (error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return value;
}

/// 010 is ten to some readers of YAML and eight to others.
bool has_leading_zero(std::string_view digits) {
  if (digits.starts_with('-')) {
    digits.remove_prefix(1);
  }
  return digits.size() > 1 && digits.front() == '0';
}

std::optional<double> parse_finite(const Node& node) {
  const auto value = parse_number<double>(node);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

}  // namespace

void Reader::operator()(std::string_view key, int& value, Range range, std::string_view meaning,
                        OnlyIf /*used*/) {
  if (const Node* node = find(key)) {
    value = integer(key, *node, range, meaning);
  }
}

void Reader::operator()(std::string_view key, std::vector<int>& values, Range range,
                        std::string_view meaning, OnlyIf /*used*/) {
  const Node* node = find(key);
  if (node == nullptr) {
    return;
  }
  expect(key, *node, Node::Kind::kList, "a list of integers", meaning);
  values.clear();
  for (const Node& item : node->items) {
    values.push_back(integer(list_item(key, values.size()), item, range, meaning));
  }
}

void Reader::operator()(std::string_view key, double& value, Range range, std::string_view meaning,
                        OnlyIf /*used*/) {
  const Node* node = find(key);
  if (node == nullptr) {
    return;
  }
  const auto number = parse_finite(*node);
  if (!number || *number < range.min || *number > range.max) {
    fail(key, *node, fmt::format("a number in [{}, {}]", range.min, range.max), meaning);
  }
  value = *number;
}

void Reader::operator()(std::string_view key, bool& value, std::string_view meaning,
                        OnlyIf /*used*/) {
  const Node* node = find(key);
  if (node == nullptr) {
    return;
  }
  const bool plain = node->kind == Node::Kind::kScalar && !node->quoted;
  if (!plain || (node->scalar != "true" && node->scalar != "false")) {
    fail(key, *node, "true or false", meaning);
  }
  value = node->scalar == "true";
}

void Reader::operator()(std::string_view key, std::string& value, std::string_view meaning,
                        OnlyIf /*used*/) {
  if (const Node* node = find(key)) {
    value = text(key, *node, "text", meaning);
  }
}

void Reader::operator()(std::string_view key, std::vector<double>& values, std::string_view meaning,
                        OnlyIf /*used*/) {
  const Node* node = find(key);
  if (node == nullptr) {
    return;
  }
  constexpr std::string_view kExpected = "a list of finite numbers";
  expect(key, *node, Node::Kind::kList, kExpected, meaning);
  values.clear();
  for (const Node& item : node->items) {
    const auto number = parse_finite(item);
    if (!number) {
      fail(list_item(key, values.size()), item, kExpected, meaning);
    }
    values.push_back(*number);
  }
}

void Reader::operator()(std::string_view key, std::vector<std::string>& values,
                        std::string_view meaning, OnlyIf /*used*/) {
  const Node* node = find(key);
  if (node == nullptr) {
    return;
  }
  constexpr std::string_view kExpected = "a list of texts";
  expect(key, *node, Node::Kind::kList, kExpected, meaning);
  values.clear();
  for (const Node& item : node->items) {
    values.push_back(text(list_item(key, values.size()), item, kExpected, meaning));
  }
}

void Reader::finish() const {
  for (const Node::Entry& entry : map_.entries) {
    if (std::ranges::find(keys_, entry.key) != keys_.end()) {
      continue;
    }
    const std::string near = nearest(entry.key, keys_);
    entry.origin.fail(fmt::format("{}: unknown key, {}", path_to(printable(entry.key)),
                                  near.empty()
                                      ? fmt::format("expected one of {}", fmt::join(keys_, ", "))
                                      : fmt::format("did you mean '{}'?", near)));
  }
}

const Node* Reader::find(std::string_view key) {
  keys_.emplace_back(key);
  const Node::Entry* entry = map_.find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

std::string Reader::list_item(std::string_view key, std::size_t index) {
  return fmt::format("{}[{}]", key, index);
}

void Reader::expect(std::string_view key, const Node& node, Node::Kind kind,
                    std::string_view expected, std::string_view meaning) const {
  if (node.kind != kind) {
    fail(key, node, expected, meaning);
  }
}

void Reader::fail(std::string_view key, const Node& node, std::string_view expected,
                  std::string_view meaning) const {
  node.origin.fail(
      fmt::format("{}: got {}, expected {} ({})", path_to(key), node.found(), expected, meaning));
}

int Reader::integer(std::string_view key, const Node& node, Range range,
                    std::string_view meaning) const {
  const auto number = parse_number<std::int32_t>(node);
  if (!number || has_leading_zero(node.scalar) || *number < range.min || *number > range.max) {
    fail(key, node, fmt::format("an integer in [{}, {}]", range.min, range.max), meaning);
  }
  return *number;
}

std::size_t Reader::choice(std::string_view key, const Node& node,
                           std::span<const std::string> names, std::string_view meaning) const {
  const auto name = std::ranges::find(names, node.scalar);
  if (node.kind == Node::Kind::kScalar && name != names.end()) {
    return static_cast<std::size_t>(name - names.begin());
  }
  const std::string near =
      node.kind == Node::Kind::kScalar ? nearest(node.scalar, names) : std::string();
  fail(key, node,
       fmt::format("one of {}{}", fmt::join(names, ", "),
                   near.empty() ? "" : fmt::format(", did you mean '{}'?", near)),
       meaning);
}

std::string Reader::text(std::string_view key, const Node& node, std::string_view expected,
                         std::string_view meaning) const {
  // Escapes of a quoted scalar can spell what check_text() keeps out of the file itself.
  if (node.kind != Node::Kind::kScalar || std::ranges::any_of(node.scalar, is_control)) {
    fail(key, node, expected, meaning);
  }
  return node.scalar;
}

}  // namespace vitsim::config
