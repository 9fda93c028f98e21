// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <fmt/format.h>

#include "vitsim/config/describe.h"

#include "field_tree.h"

namespace vitsim::config {
namespace {

/// A value as YAML. Lists and texts are JSON, which is YAML too; numbers are the shortest that read
/// back the same.
std::string spell(const Field& field) {
  if (field.absent) {
    return "null";
  }
  switch (field.type) {
    case Field::Type::kNumber:
      return fmt::format("{}", field.value.get<double>());
    case Field::Type::kChoice:
      return field.value.get<std::string>();
    default:
      return field.value.dump();
  }
}

void write(std::string& out, const std::vector<Field>& fields, int indent) {
  for (const Field& field : fields) {
    const bool section = field.type == Field::Type::kSection && !field.absent;
    const std::string source = field.source.empty() ? "" : field.source + "'s: ";
    out += fmt::format("{:{}}{}:{}  # {}{}{}\n", "", indent, field.name,
                       section ? "" : " " + spell(field), field.used ? "" : "unused: ", source,
                       field.meaning);
    if (section) {
      write(out, field.fields, indent + 2);
    }
  }
}

}  // namespace

std::string to_yaml(const Config& config) {
  std::string out;
  write(out, describe(config), 0);
  return out;
}

}  // namespace vitsim::config
