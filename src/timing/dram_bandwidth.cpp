// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/dram_bandwidth.h"

#include <algorithm>
#include <optional>

#include "vitsim/timing/clock_ratio.h"

namespace vitsim::timing {

double bus_bytes_per_cycle(const config::DramDevice& device, double core_mhz) {
  const double bytes_per_clock =
      static_cast<double>(device.channels) * device.bus_bytes * device.transfers_per_clock;
  return bytes_per_clock * ClockRatio(device.clock_mhz, core_mhz).edges_per_cycle();
}

double peak_bytes_per_cycle(const config::Accelerator& machine) {
  const double burst = machine.dma.burst_bytes;
  if (machine.dram.kind == config::DramKind::kIdeal) {
    return burst;
  }
  const std::optional<config::DramDevice> device = config::resolved_device(machine.dram);
  return std::min(
      device ? bus_bytes_per_cycle(*device, machine.clock_mhz) : machine.dram.bytes_per_cycle,
      burst);
}

}  // namespace vitsim::timing
