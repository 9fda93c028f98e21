// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "vitsim/config/describe.h"

#include "field_tree.h"

namespace vitsim::config {
namespace {

using nlohmann::ordered_json;

ordered_json object(const std::vector<Field>& fields);

ordered_json schema_of(const Field& field) {
  ordered_json schema;
  switch (field.type) {
    case Field::Type::kInteger:
      schema["type"] = "integer";
      schema["minimum"] = static_cast<std::int64_t>(field.range.min);
      schema["maximum"] = static_cast<std::int64_t>(field.range.max);
      break;
    case Field::Type::kNumber:
      schema["type"] = "number";
      schema["minimum"] = field.range.min;
      schema["maximum"] = field.range.max;
      break;
    case Field::Type::kBool:
      schema["type"] = "boolean";
      break;
    case Field::Type::kText:
      schema["type"] = "string";
      break;
    case Field::Type::kChoice:
      schema["enum"] = field.choices;
      break;
    case Field::Type::kNumbers:
      schema = {{"type", "array"}, {"items", {{"type", "number"}}}};
      break;
    case Field::Type::kTexts:
      schema = {{"type", "array"}, {"items", {{"type", "string"}}}};
      break;
    case Field::Type::kSection:
      schema = object(field.fields);
      break;
  }
  if (field.optional) {
    if (schema.contains("type")) {
      schema["type"] = {schema["type"], "null"};
    } else {
      schema["enum"].push_back(nullptr);
    }
  }
  if (field.type != Field::Type::kSection || field.absent) {
    schema["default"] = field.value;
  }
  schema["description"] = field.meaning;
  return schema;
}

ordered_json object(const std::vector<Field>& fields) {
  ordered_json schema{{"type", "object"}, {"additionalProperties", false}};
  for (const Field& field : fields) {
    schema["properties"][field.name] = schema_of(field);
  }
  return schema;
}

}  // namespace

ordered_json json_schema() {
  ordered_json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "vitsim configuration"}};
  schema.update(object(describe(Config{})));
  return schema;
}

}  // namespace vitsim::config
