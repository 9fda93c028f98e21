// SPDX-License-Identifier: Apache-2.0
#include "run_to_stop.h"

#include <systemc>

#include "vitsim/core/error.h"
#include "vitsim/core/interrupt.h"

namespace vitsim::sim {
namespace {

/// Cycles between two looks at the world outside.
constexpr Cycles kSliceCycles = 1 << 16;

}  // namespace

void run_to_stop(const hw::Clock& clock, const std::function<void()>& look) {
  try {
    while (!clock.stopped()) {
      sc_core::sc_start(clock.duration(kSliceCycles));
      check_interrupt();
      look();
    }
  } catch (const sc_core::sc_report& report) {
    throw SimulationError(report.get_msg());
  }
}

}  // namespace vitsim::sim
