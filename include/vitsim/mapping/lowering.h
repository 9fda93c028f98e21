// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/mapping.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// Emits the commands of all operators as the mapping says, which must be sound, and names the
/// layers.
Program lower(const model::Graph& graph, const config::Accelerator& machine,
              const Mapping& mapping);

/// Takes commands in the order in which they are emitted.
using CommandSink = std::function<void(const Command&)>;

/// Emits the commands of operators [first, last] and hands each on instead of keeping it. What they
/// read and no operator of them writes counts as being where it is. Returns the highest address in
/// use in the scratchpad.
Bytes emit_commands(const model::Graph& graph, const config::Accelerator& machine,
                    const Mapping& mapping, int first, int last, const CommandSink& sink);

}  // namespace vitsim::mapping
