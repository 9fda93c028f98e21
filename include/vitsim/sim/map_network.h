// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/mapping/mapping.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"

namespace vitsim::sim {

/// A mapping that was considered.
struct MappingTrial {
  std::string origin;            ///< how it was found, for people
  Cycles least_cycles = 0;       ///< no simulation of it takes fewer
  std::optional<Cycles> cycles;  ///< simulated; none where the rest was known to be no better
  Bytes traffic = 0;             ///< DRAM bytes
  Bytes scratchpad_bytes = 0;
};

struct MappedNetwork {
  mapping::Mapping mapping;
  mapping::Program program;
  std::vector<MappingTrial> trials;  ///< of a search
  std::size_t chosen = 0;            ///< of them
};

/// Whether a search's finalists are simulated, or the best estimate is taken.
enum class Finalists { kSimulated, kEstimated };

/// Maps a network as `config.mapping` says. A search for cycles simulates its finalists, each in a
/// process of its own, those of least estimate first and none that cannot win any more; greedy's
/// is among them. So this comes before a process's Machine. `progress` is told of each simulation:
/// how many are over, of how many. ConfigError, SimulationError, Interrupted.
MappedNetwork map_network(const config::Config& config, const model::Graph& graph,
                          Finalists finalists = Finalists::kSimulated,
                          const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace vitsim::sim
