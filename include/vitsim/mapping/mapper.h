// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/mapping.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// ConfigError that says how many KiB are needed where the scratchpad cannot hold one tile of each
/// operand of some operator.
void check_capacity(const model::Graph& graph, const config::Accelerator& machine);

/// Greedy's mapping (greedy.h). ConfigError where nothing fits.
Mapping map_greedily(const model::Graph& graph, const config::Accelerator& machine);
/// The program of greedy's mapping.
Program map_program(const model::Graph& graph, const config::Accelerator& machine);

/// The program where everything but constants is in the scratchpad from the start, the input
/// included, each tensor at bytes of its own: what is left is the time of the units. ConfigError
/// where there is no room.
Program map_on_chip(const model::Graph& graph, const config::Accelerator& machine);

}  // namespace vitsim::mapping
