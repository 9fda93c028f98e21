// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/mapping.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// A mapping made in one pass: activations stay from their first to their last operator where that
/// looks no dearer (residency.h), each operator gets the tiling of least estimated cycles in the
/// longest free stretch, and operators run one after the other. None where there is no room.
std::optional<Mapping> greedy_mapping(const model::Graph& graph,
                                      const config::Accelerator& machine);

/// The same where everything but constants is in the scratchpad from the start, the input included,
/// each tensor at bytes of its own.
std::optional<Mapping> mapping_on_chip(const model::Graph& graph,
                                       const config::Accelerator& machine);

}  // namespace vitsim::mapping
