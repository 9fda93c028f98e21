// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"

namespace vitsim::timing {

/// What the data buses of a DRAM with banks move in a core cycle, were they never idle.
double bus_bytes_per_cycle(const config::DramDevice& device, double core_mhz);

/// The most bytes that can cross between DRAM and scratchpad in a core cycle: what the DRAM's bus
/// moves, and no more than a burst, since one burst enters DRAM a cycle.
double peak_bytes_per_cycle(const config::Accelerator& machine);

}  // namespace vitsim::timing
