// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "vitsim/hw/dram_channel.h"

namespace vitsim::test {

/// Every rule that the commands of a channel break, in words; empty where there is none. Written
/// from the definitions of the constraints alone: it compares commands pair by pair and knows
/// nothing of queues and schedules.
std::vector<std::string> broken_rules(const std::vector<hw::IssuedCommand>& commands,
                                      const config::DramDevice& device, bool refresh);

}  // namespace vitsim::test
