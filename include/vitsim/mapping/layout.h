// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/mapping.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// Gives every stay, every ring and all slots of a mapping their addresses (packing.h). Slots of
/// neighbouring operators lie apart where that keeps within `limit`, so that the next one's
/// operands can come while this one works. Returns what the mapping needs of each partition.
Room place(const Sequence& sequence, const config::Accelerator& machine, Mapping& mapping,
           const Room& limit);

}  // namespace vitsim::mapping
