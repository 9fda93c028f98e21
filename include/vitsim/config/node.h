// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vitsim::config {

/// Where text came from.
struct Source {
  enum class Kind { kConfigFile, kModelFile, kOverride };
  std::string name;
  Kind kind = Kind::kConfigFile;
};

/// A place in a source. Line 0 is the source as a whole.
struct Origin {
  std::shared_ptr<const Source> source;
  int line = 0;

  /// "configs/x.yaml line 7", or "--set accelerator.pe_array.rows=0".
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_override() const { return source->kind == Source::Kind::kOverride; }
  /// Throws "`message`, `text()`" as ModelError for a model file, otherwise as ConfigError.
  [[noreturn]] void fail(std::string_view message) const;
  /// The same for errors of the text itself, where no key is to blame: "`text()`: `message`".
  [[noreturn]] void fail_here(std::string_view message) const;
};

/// A value of a YAML document, without anchors, tags or styles.
struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry;

  Kind kind = Kind::kNull;
  Origin origin;
  bool quoted = false;
  std::string scalar;
  std::vector<Node> items;
  std::vector<Entry> entries;

  /// The entry of `key` in a map, or null.
  [[nodiscard]] const Entry* find(std::string_view key) const;
  [[nodiscard]] Entry* find(std::string_view key);
  /// What an error message says was found: 'text', '"text"', null, a list or a map.
  [[nodiscard]] std::string found() const;
};

/// A key of a map and its value. The key has a place of its own: an unknown one is reported there.
struct Node::Entry {
  std::string key;
  Origin origin;
  Node value;
};

/// True for the characters below 0x20 and for 0x7F.
bool is_control(char c);

}  // namespace vitsim::config
