// SPDX-License-Identifier: Apache-2.0
#include "traced_run.h"

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"
#include "vitsim/sim/trace_recorder.h"

namespace vitsim::sim {
namespace {

LoadedWorkload load_one_image(const Workload& workload) {
  LoadedWorkload loaded = load(workload);
  if (loaded.images.size() != 1) {
    throw ModelError(fmt::format(
        "-i {}: got {} images, expected one, such as {}: a trace is of one",
        printable(workload.input), loaded.images.size(), printable(loaded.images.front().input)));
  }
  return loaded;
}

}  // namespace

TracedRun::TracedRun(const TraceJob& job)
    : job_(job),
      loaded_(load_one_image(job.workload)),
      input_(quantized_input(loaded_.images.front(), loaded_.graph, job.workload.config.precision)),
      program_(map_network(job.workload.config, loaded_.graph, Finalists::kSimulated,
                           job.mapping_progress)
                   .program),
      machine_(job.workload.config, loaded_.graph, program_, job.external),
      hashes_(hashes_of(loaded_.network, input_, loaded_.graph, program_)) {
  loaded_.network.weights = {};  // the graph has them as integers
  if (job.progress) {
    machine_.set_progress(job.progress);
  }
}

TraceNames TracedRun::names() const { return trace_names(graph(), program_, machine_); }

TraceCounts TracedRun::simulate(const std::function<void(const trace::Event&)>& sink,
                                hw::WriteObserver* writes) {
  TraceCounts counts;
  counts.commands = static_cast<std::int64_t>(program_.commands.size());
  TraceRecorder recorder(
      graph(), program_, job_.level,
      [&](const trace::Event& event) {
        ++counts.events;
        counts.cycles = trace::cycle_of(event) + 1;
        sink(event);
      },
      writes);
  const bool sees_writes = writes != nullptr || job_.level >= trace::Level::kTiles;
  machine_.set_observer(sees_writes ? &recorder : nullptr);
  machine_.set_command_observer(&recorder);
  machine_.set_access_observer(job_.level >= trace::Level::kBeats ? &recorder : nullptr);
  machine_.simulate(input_);
  recorder.end_image();
  machine_.set_observer(nullptr);
  machine_.set_command_observer(nullptr);
  machine_.set_access_observer(nullptr);
  return counts;
}

}  // namespace vitsim::sim
