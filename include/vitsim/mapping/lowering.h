// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/mapping.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// Emits the commands of operators [first, last] as the mapping says, which must be sound. What
/// they read and no operator of them writes counts as being where it is.
Program lower(const model::Graph& graph, const config::Accelerator& machine, const Mapping& mapping,
              int first, int last);
/// The same of all operators, with the layers named.
Program lower(const model::Graph& graph, const config::Accelerator& machine,
              const Mapping& mapping);

}  // namespace vitsim::mapping
