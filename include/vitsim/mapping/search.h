// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/mapping/mapping.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// A mapping that may be chosen.
struct Candidate {
  std::string origin;  ///< how it was found, for people
  Mapping mapping;
  Cycles least_cycles = 0;  ///< no simulation of it takes fewer (estimate.h)
  Bytes traffic = 0;        ///< DRAM bytes
  Bytes scratchpad_bytes = 0;
};

/// The `count` most promising mappings for the objective, the best first, and greedy's, which is
/// among them or behind them. The search plans for this scratchpad and many smaller ones, for
/// several aims (planner.h) and by two kinds of prices (pricing.h), estimates an encoder block of
/// each plan, and the whole of those that are best there. Deterministic. None where nothing fits.
std::vector<Candidate> find_mappings(const model::Graph& graph, const config::Accelerator& machine,
                                     config::MappingObjective objective, int count);

}  // namespace vitsim::mapping
