// SPDX-License-Identifier: Apache-2.0
#include "vitsim/config/node.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

namespace vitsim::config {
namespace {

[[noreturn]] void raise(const Origin& origin, const std::string& message) {
  if (origin.source->kind == Source::Kind::kModelFile) {
    throw ModelError(message);
  }
  throw ConfigError(message);
}

}  // namespace

std::string Origin::text() const {
  return line > 0 && !is_override() ? fmt::format("{} line {}", source->name, line) : source->name;
}

void Origin::fail(std::string_view message) const {
  raise(*this, fmt::format("{}, {}", message, text()));
}

void Origin::fail_here(std::string_view message) const {
  raise(*this, fmt::format("{}: {}", text(), message));
}

const Node::Entry* Node::find(std::string_view key) const {
  const auto entry = std::ranges::find(entries, key, &Entry::key);
  return entry == entries.end() ? nullptr : &*entry;
}

Node::Entry* Node::find(std::string_view key) {
  const auto entry = std::ranges::find(entries, key, &Entry::key);
  return entry == entries.end() ? nullptr : &*entry;
}

std::string Node::found() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kScalar:
      return fmt::format(fmt::runtime(quoted ? "'\"{}\"'" : "'{}'"), printable(scalar));
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return "?";
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace vitsim::config
