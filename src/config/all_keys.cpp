// SPDX-License-Identifier: Apache-2.0
#include "vitsim/config/describe.h"

#include "field_tree.h"

namespace vitsim::config {
namespace {

void add(std::vector<std::string>& keys, const std::vector<Field>& fields,
         const std::string& path) {
  for (const Field& field : fields) {
    keys.push_back(path + field.name);
    add(keys, field.fields, path + field.name + ".");
  }
}

}  // namespace

std::vector<std::string> all_keys() {
  std::vector<std::string> keys;
  add(keys, describe(Config{}), "");
  add(keys, describe(Model{}), "model.");
  return keys;
}

}  // namespace vitsim::config
