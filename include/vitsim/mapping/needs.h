// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "vitsim/mapping/tiling.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

using Needs = std::variant<MatmulNeeds, RowsNeeds>;

/// What the operator wants in the scratchpad. `resident` says which windows are there anyway.
Needs needs_of(const model::Op& op, const model::Graph& graph, const config::Accelerator& machine,
               const std::function<bool(const model::View&)>& resident);

/// The cost of the best tiling in `available` room; none where none fits.
std::optional<Cost> cost_of(const Needs& needs, const config::Accelerator& machine,
                            const Room& available);
/// What the smallest tiling takes.
Room least_room(const Needs& needs, const config::Accelerator& machine);

}  // namespace vitsim::mapping
