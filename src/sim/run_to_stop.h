// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "vitsim/hw/clock.h"

namespace vitsim::sim {

/// Simulates until the clock is stopped; calls `look` now and then. SimulationError where a module
/// fails; Interrupted.
void run_to_stop(const hw::Clock& clock, const std::function<void()>& look);

}  // namespace vitsim::sim
