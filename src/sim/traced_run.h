// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "vitsim/hw/scratchpad.h"
#include "vitsim/sim/machine.h"
#include "vitsim/sim/map_network.h"
#include "vitsim/sim/trace_run.h"
#include "vitsim/sim/workload.h"

namespace vitsim::sim {

/// The workload of a trace on its machine.
class TracedRun {
 public:
  /// Loads and maps it. ModelError where it has more than one image.
  explicit TracedRun(const TraceJob& job);

  [[nodiscard]] const model::Graph& graph() const { return loaded_.graph; }
  [[nodiscard]] const mapping::Program& program() const { return program_; }
  [[nodiscard]] const IntMatrix& input() const { return input_; }
  [[nodiscard]] Machine& machine() { return machine_; }
  [[nodiscard]] const WorkloadHashes& hashes() const { return hashes_; }
  [[nodiscard]] TraceNames names() const;

  /// Simulates the image, up to Machine::stop(): `sink` gets its events, `writes`, where it is not
  /// null, all results.
  TraceCounts simulate(const std::function<void(const trace::Event&)>& sink,
                       hw::WriteObserver* writes);

 private:
  const TraceJob& job_;
  LoadedWorkload loaded_;
  IntMatrix input_;
  mapping::Program program_;
  Machine machine_;
  WorkloadHashes hashes_;
};

}  // namespace vitsim::sim
