// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "vitsim/sim/machine.h"

/// What units did, in JSON reports.
namespace vitsim::sim {

/// Stalled cycles by cause, those that occur.
nlohmann::ordered_json stalls_json(const stats::CycleCount& activity);

/// `units`: of each module busy and stalled cycles where it has commands, and its counters.
nlohmann::ordered_json units_json(const ImageTiming& timing);

}  // namespace vitsim::sim
