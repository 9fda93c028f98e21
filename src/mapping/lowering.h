// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// The scratchpad is too fragmented for a plan of residency; the mapper tries a smaller one.
struct NoRoom {};

/// Emits the commands of all operators, given which tensors stay in the scratchpad; whether bytes
/// that nobody needs any more are given to others. Throws NoRoom.
Program lower(const model::Graph& graph, const config::Accelerator& machine,
              const std::vector<bool>& resident, bool reuse = true);

}  // namespace vitsim::mapping
