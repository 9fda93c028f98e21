// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/dram_bandwidth.h"

#include <algorithm>

namespace vitsim::timing {

double peak_bytes_per_cycle(const config::Accelerator& machine) {
  const double burst = machine.dma.burst_bytes;
  return machine.dram.kind == config::DramKind::kIdeal
             ? burst
             : std::min(machine.dram.bytes_per_cycle, burst);
}

}  // namespace vitsim::timing
