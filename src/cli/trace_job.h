// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/sim/trace_run.h"

#include "progress.h"

namespace vitsim::cli {

/// `work()`, which runs `job`, with progress of its mappings and of its image on a terminal.
template <class Work>
auto with_progress(sim::TraceJob& job, bool quiet, Work work) {
  Progress mappings(quiet, "mappings simulated");
  job.mapping_progress = [&](std::size_t done, std::size_t all) {
    mappings.show(static_cast<double>(done), all);
  };
  Progress image(quiet, "images");
  job.progress = [&](double done) { image.show(done, 1); };
  return work();
}

}  // namespace vitsim::cli
