// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vitsim/config/describe.h"

#include "field_tree.h"

namespace vitsim::config {
namespace {

std::string default_of(const Field& field) {
  if (field.absent) {
    return field.type == Field::Type::kSection ? "absent" : "open";
  }
  switch (field.type) {
    case Field::Type::kSection:
      return "";
    case Field::Type::kNumber:
      return fmt::format("`{}`", field.value.get<double>());
    case Field::Type::kText:
    case Field::Type::kTexts:
      return field.value.empty() || field.value == "" ? "empty"
                                                      : fmt::format("`{}`", field.value.dump());
    case Field::Type::kChoice:
      return fmt::format("`{}`", field.value.get<std::string>());
    default:
      return fmt::format("`{}`", field.value.dump());
  }
}

std::string range_of(const Field& field) {
  switch (field.type) {
    case Field::Type::kInteger:
      return fmt::format("integer, {} to {}", field.range.min, field.range.max);
    case Field::Type::kNumber:
      return fmt::format("{} to {}", field.range.min, field.range.max);
    case Field::Type::kBool:
      return "`true`, `false`";
    case Field::Type::kText:
      return "text";
    case Field::Type::kChoice:
      return fmt::format("`{}`", fmt::join(field.choices, "`, `"));
    case Field::Type::kNumbers:
      return "list of numbers";
    case Field::Type::kTexts:
      return "list of texts";
    case Field::Type::kSection:
      return field.optional ? "section or `null`" : "section";
  }
  return "";
}

void write(std::string& out, const std::vector<Field>& fields, const std::string& path) {
  for (const Field& field : fields) {
    out += fmt::format("| `{}{}` | {} | {} | {} |\n", path, field.name, default_of(field),
                       range_of(field), field.meaning);
    write(out, field.fields, path + field.name + ".");
  }
}

}  // namespace

std::string markdown_table() {
  std::string out = "| key | default | range | meaning |\n|---|---|---|---|\n";
  write(out, describe(Config{}), "");
  write(out, describe(Model{}), "model.");
  return out;
}

}  // namespace vitsim::config
