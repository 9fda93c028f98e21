// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/occupancy.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"
#include "vitsim/sim/machine.h"

namespace vitsim::sim {

/// One image as a timeline.
struct TimelineSource {
  const config::Config& config;
  const model::Graph& graph;
  const mapping::Program& program;
  const mapping::Schedule& schedule;
  const ImageTimeline& windows;
  std::string title;
};

/// Writes it in Chrome's trace-event JSON, compressed by gzip, as ui.perfetto.dev and
/// chrome://tracing open it: a track a unit or DMA channel, a slice a command, counters, an arrow
/// for each token from the command that sets it to one that waits for it. A cycle is shown as a
/// microsecond. OutputError.
void write_timeline(const TimelineSource& source, const std::filesystem::path& file);

}  // namespace vitsim::sim
