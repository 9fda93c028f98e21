// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/sim/trace_run.h"
#include "vitsim/trace/event.h"

#include "traced_run.h"

namespace vitsim::sim {

/// Runs the image again up to the tile that `golden` has another hash of, and says which value is
/// the first to differ.
ValueDifference locate_value(TracedRun& run, const config::Precision& precision,
                             const trace::Tile& golden);

}  // namespace vitsim::sim
