// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "vitsim/hw/banked_dram.h"
#include "vitsim/hw/dram_model.h"
#include "vitsim/hw/flow_dram.h"

namespace vitsim::hw {

std::unique_ptr<DramModel> make_dram_model(const config::Accelerator& machine,
                                           stats::Group& stats) {
  if (const std::optional<config::DramDevice> device = config::resolved_device(machine.dram)) {
    return std::make_unique<BankedDram>(machine, *device, stats);
  }
  return std::make_unique<FlowDram>(machine.dram);
}

}  // namespace vitsim::hw
