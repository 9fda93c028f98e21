// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vitsim/config/field.h"
#include "vitsim/config/node.h"

namespace vitsim::config {

/// The `fields()` visitor that reads a struct from a map. Keys that the map lacks keep their
/// defaults. Fails where a value has the wrong type or is out of range, and, in finish(), where a
/// key is none of the struct's.
class Reader {
 public:
  /// `path` precedes the names of keys: "accelerator.", or nothing. It and `map` are kept.
  Reader(const Node& map, std::string path) : map_(map), path_(std::move(path)) {}

  void operator()(std::string_view key, int& value, Range range, std::string_view meaning,
                  OnlyIf = {});
  void operator()(std::string_view key, double& value, Range range, std::string_view meaning,
                  OnlyIf = {});
  void operator()(std::string_view key, bool& value, std::string_view meaning, OnlyIf = {});
  void operator()(std::string_view key, std::string& value, std::string_view meaning, OnlyIf = {});
  void operator()(std::string_view key, std::vector<int>& values, Range range,
                  std::string_view meaning, OnlyIf = {});
  void operator()(std::string_view key, std::vector<double>& values, std::string_view meaning,
                  OnlyIf = {});
  void operator()(std::string_view key, std::vector<std::string>& values, std::string_view meaning,
                  OnlyIf = {});

  template <class Enum, std::size_t N>
  void operator()(std::string_view key, Enum& value, const std::array<EnumName<Enum>, N>& names,
                  std::string_view meaning, OnlyIf = {}) {
    if (const Node* node = find(key)) {
      value = names[choice(key, *node, spellings(names), meaning)].value;
    }
  }

  template <class Enum, std::size_t N>
  void operator()(std::string_view key, std::optional<Enum>& value,
                  const std::array<EnumName<Enum>, N>& names, std::string_view meaning,
                  OnlyIf = {}) {
    const Node* node = find(key);
    if (node == nullptr || node->kind == Node::Kind::kNull) {
      return;
    }
    value = names[choice(key, *node, spellings(names), meaning)].value;
  }

  template <class Number>
  void operator()(std::string_view key, std::optional<Number>& value, const FromPreset<Number>&,
                  Range range, std::string_view meaning, OnlyIf = {}) {
    const Node::Entry* entry = map_.find(key);
    if (entry == nullptr || entry->value.kind == Node::Kind::kNull) {
      keys_.emplace_back(key);
      return;
    }
    Number number{};
    (*this)(key, number, range, meaning);
    value = number;
  }

  template <class Section>
  void operator()(std::string_view key, Section& section, std::string_view meaning, OnlyIf = {}) {
    if (const Node* node = find(key)) {
      read_section(key, *node, section, meaning);
    }
  }

  /// A list of maps. Each has a member `origin`, which is told where it stands.
  template <class Section>
  void operator()(std::string_view key, std::vector<Section>& sections, std::string_view meaning,
                  OnlyIf = {}) {
    const Node* list = find(key);
    if (list == nullptr) {
      return;
    }
    expect(key, *list, Node::Kind::kList, "a list of maps", meaning);
    for (const Node& item : list->items) {
      const std::string name = list_item(key, sections.size());
      sections.emplace_back().origin = item.origin;
      read_section(name, item, sections.back(), meaning);
    }
  }

  /// The value as it stands, null where the map lacks it: one to be read when its kind is known.
  void operator()(std::string_view key, const Node*& value, std::string_view /*meaning*/,
                  OnlyIf = {}) {
    value = find(key);
  }

  template <class Section>
  void operator()(std::string_view key, std::optional<Section>& section, std::string_view meaning,
                  OnlyIf = {}) {
    const Node* node = find(key);
    if (node == nullptr || node->kind == Node::Kind::kNull) {
      return;
    }
    read_section(key, *node, section.emplace(), meaning);
  }

  /// Fails at the first key of the map that no call has named.
  void finish() const;

 private:
  template <class Names>
  static std::vector<std::string> spellings(const Names& names) {
    std::vector<std::string> result;
    result.reserve(std::size(names));
    for (const auto& entry : names) {
      result.emplace_back(entry.name);
    }
    return result;
  }

  template <class Section>
  void read_section(std::string_view key, const Node& node, Section& section,
                    std::string_view meaning) {
    expect(key, node, Node::Kind::kMap, "a map of keys", meaning);
    Reader reader(node, path_to(key) + ".");
    section.fields(reader);
    reader.finish();
  }

  const Node* find(std::string_view key);
  [[nodiscard]] static std::string list_item(std::string_view key, std::size_t index);
  [[nodiscard]] std::string path_to(std::string_view key) const { return path_ + std::string(key); }
  void expect(std::string_view key, const Node& node, Node::Kind kind, std::string_view expected,
              std::string_view meaning) const;
  [[noreturn]] void fail(std::string_view key, const Node& node, std::string_view expected,
                         std::string_view meaning) const;
  [[nodiscard]] int integer(std::string_view key, const Node& node, Range range,
                            std::string_view meaning) const;
  [[nodiscard]] std::size_t choice(std::string_view key, const Node& node,
                                   std::span<const std::string> names,
                                   std::string_view meaning) const;
  [[nodiscard]] std::string text(std::string_view key, const Node& node, std::string_view expected,
                                 std::string_view meaning) const;

  const Node& map_;
  std::string path_;
  std::vector<std::string> keys_;
};

}  // namespace vitsim::config
