// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "vitsim/sim/map_network.h"

namespace vitsim::sim {

/// A mapping in short, for people: what a search tried and chose, what stays in the scratchpad, and
/// the groups by kinds of layers.
std::string mapping_text(const MappedNetwork& mapped, const model::Graph& graph,
                         const config::Accelerator& machine);

}  // namespace vitsim::sim
