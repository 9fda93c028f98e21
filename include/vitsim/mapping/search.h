// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/mapping.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {
std::vector<Mapping> candidates(const model::Graph& graph, const config::Accelerator& machine);
}  // namespace vitsim::mapping
