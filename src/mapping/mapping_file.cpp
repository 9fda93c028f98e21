// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/mapping_file.h"

#include "vitsim/core/error.h"

namespace vitsim::mapping {

std::string to_yaml(const Mapping& /*mapping*/, const model::Graph& /*graph*/) { return {}; }

Mapping read_mapping(const std::string& path, const model::Graph& /*graph*/,
                     const config::Accelerator& /*machine*/) {
  throw ConfigError(path + ": reading mappings is to come");
}

}  // namespace vitsim::mapping
