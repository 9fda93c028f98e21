// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/child_process.h"

#include "vitsim/core/child_pool.h"
#include "vitsim/core/error.h"
#include "vitsim/core/interrupt.h"

namespace vitsim {

std::string run_in_child(const std::function<std::string()>& body) {
  ChildPool pool(1);
  pool.start(0, body);
  const ChildOutcome outcome = pool.wait();
  check_interrupt();
  if (outcome.code == ExitCode::kInterrupted) {
    throw Interrupted();
  }
  if (outcome.code == ExitCode::kSimulationFailed) {
    throw SimulationError(outcome.text);
  }
  if (outcome.code != ExitCode::kDone) {
    throw Error(outcome.code, outcome.text);
  }
  return outcome.text;
}

}  // namespace vitsim
