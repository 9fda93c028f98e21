// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/mapping.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// A mapping as YAML that people can read and edit. docs/mapping.md describes it. Not for those
/// whose input and result never leave the chip (Mapping::all_on_chip).
std::string to_yaml(const Mapping& mapping, const model::Graph& graph,
                    const config::Accelerator& machine);

/// The mapping in a file, checked: ConfigError with file, line and reason where it is none, belongs
/// to another model, or cannot work on the machine. Where addresses are left out, all are given
/// anew.
Mapping read_mapping(const std::string& path, const model::Graph& graph,
                     const config::Accelerator& machine);

}  // namespace vitsim::mapping
