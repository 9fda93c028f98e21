// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"

/// How long a program takes, from closed forms alone.
namespace vitsim::mapping {

/// A command's cycles, none later than it may be simulated.
struct CommandTimes {
  Cycles released = 0;  ///< by the sequencer
  Cycles done = 0;      ///< its token is set
  Cycles busy = 0;      ///< in which the unit takes its beats, rows or bursts
};

/// A layer's, as reports count them: from the release of its first command to behind its last.
struct LayerTimes {
  Cycles start = 0;
  Cycles end = 0;
  Cycles busy = 0;  ///< of the layer's unit
  Bytes dram_read_bytes = 0;
  Bytes dram_write_bytes = 0;
};

struct Estimate {
  Cycles cycles = 0;                      ///< never above the simulated ones
  std::array<Cycles, kUnitCount> busy{};  ///< in which a unit takes beats, rows or bursts
  Cycles dram_cycles = 0;                 ///< that all bytes take over DRAM's bus, at the least
  Cycles scratchpad_cycles = 0;  ///< that all words take in the scratchpad's banks, at the least
  Bytes dram_read_bytes = 0;
  Bytes dram_write_bytes = 0;
  std::vector<CommandTimes> commands;
  std::vector<LayerTimes> layers;  ///< of a program; empty for a stretch of commands
};

/// The earliest schedule: each command begins when its tokens are set and its unit, which works in
/// order, has room, and takes what its unit takes where nobody else is in its way. As commands wait
/// for each other alone, no run can be faster. One pass over the commands.
Estimate estimate(const Program& program, const model::Graph& graph,
                  const config::Accelerator& machine);

/// The same of commands that follow each other in a program, on a machine that has nothing else to
/// do; tokens that none of them sets are set from the beginning.
Estimate estimate(std::span<const Command> commands, const model::Graph& graph,
                  const config::Accelerator& machine);

/// The same of commands that come one by one.
class Estimator {
 public:
  /// Arguments must outlive the estimator.
  Estimator(const model::Graph& graph, const config::Accelerator& machine);
  Estimator(const Estimator&) = delete;
  Estimator& operator=(const Estimator&) = delete;
  ~Estimator();

  CommandTimes add(const Command& command);
  /// Of all commands; their own times and the layers' are left out.
  Estimate finish() &&;

 private:
  class Schedule;
  std::unique_ptr<Schedule> schedule_;
};

}  // namespace vitsim::mapping
