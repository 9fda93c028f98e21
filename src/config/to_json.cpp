// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <nlohmann/json.hpp>

#include "vitsim/config/describe.h"

#include "field_tree.h"

namespace vitsim::config {
namespace {

nlohmann::ordered_json object(const std::vector<Field>& fields) {
  auto result = nlohmann::ordered_json::object();
  for (const Field& field : fields) {
    const bool section = field.type == Field::Type::kSection && !field.absent;
    result[field.name] = section ? object(field.fields) : field.value;
  }
  return result;
}

}  // namespace

nlohmann::ordered_json to_json(const Config& config) { return object(describe(config)); }

nlohmann::ordered_json to_json(const Model& model) { return object(describe(model)); }

}  // namespace vitsim::config
