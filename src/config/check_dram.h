// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"

namespace vitsim::config {

/// Fails with a ConfigError that names both keys where parameters of a DRAM with banks contradict
/// each other or the DMA's bursts.
void check_dram(const Accelerator& machine);

}  // namespace vitsim::config
