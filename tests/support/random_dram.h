// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/core/random.h"

namespace vitsim::test {

/// Gives the machine a DRAM with banks: a preset as it is, or any sizes and times that do not
/// contradict each other, of 1 MiB or more, with bursts of the DMA to fit.
void draw_banked_dram(Random& random, config::Accelerator& machine);

}  // namespace vitsim::test
