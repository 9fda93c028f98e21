// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "vitsim/hw/command_observer.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/fifo.h"
#include "vitsim/hw/scratchpad.h"
#include "vitsim/mapping/occupancy.h"
#include "vitsim/mapping/program.h"
#include "vitsim/stats/activity.h"

namespace vitsim::hw {

/// Releases the program's commands, each unit's in order, when all tokens that they wait for are
/// set.
///
/// Timing: a token set in cycle t counts from t + 1; each cycle the oldest command of each unit
/// goes out if it may and its unit's queue has room; the unit sees it a cycle later. A matmul goes
/// to all modules of the array's pipeline at once.
class Sequencer : public Ticked, public TokenSink {
 public:
  /// `dma_channels`: that load, and as many that store; each takes its commands in order.
  Sequencer(const sc_core::sc_module_name& name, const mapping::Program& program, int dma_channels,
            Scratchpad& scratchpad, Clock& clock);

  /// To all modules that get the commands of `unit`, or of one of its channels.
  StreamFanOut<CommandBeat>& commands_out(mapping::Unit unit, int channel = 0) {
    return *queue_of(unit, channel).output;
  }
  /// Where the waiting of `unit`, or of one of its channels, is counted.
  void set_activity(mapping::Unit unit, int channel, stats::Activity& activity);

  /// None where null.
  void set_observer(CommandObserver* observer) { observer_ = observer; }

  void set(mapping::Token token) override;
  void reset() override;
  [[nodiscard]] std::string status() const override;
  void add_signals(Signals& signals) const override;

  /// Cycles of a layer: its first command was released in `start`, its last one was done before
  /// `end`.
  struct Span {
    Cycles start = -1;
    Cycles end = -1;
    stats::Activity::Reading array_at_start;  ///< what the array has done for it, before and
    stats::Activity::Reading array_at_end;    ///< after, where there is an array's activity
  };
  [[nodiscard]] const std::vector<Span>& layers() const { return layers_; }
  /// When commands were released and tokens counted; in the middle of a run, so far.
  [[nodiscard]] const mapping::Schedule& schedule() const { return schedule_; }
  [[nodiscard]] bool done() const { return commands_done_ == program_.commands.size(); }
  [[nodiscard]] std::size_t commands_done() const { return commands_done_; }

 private:
  struct Queue {
    mapping::Unit unit = mapping::Unit::kDmaLoad;
    int channel = 0;
    Fifo<const mapping::Command*> waiting;
    std::unique_ptr<StreamFanOut<CommandBeat>> output;
    stats::Activity* activity = nullptr;
    int blocked_by = -1;  ///< unit whose token its oldest command lacks
    int blocked_layer = -1;
  };
  struct Arrival {
    Cycles cycle = 0;
    mapping::Token token = mapping::kNoToken;
  };

  void tick() override;
  void add_queue(mapping::Unit unit, int channel);
  Queue& queue_of(mapping::Unit unit, int channel);
  bool release(Queue& queue);
  void invalidate(const std::optional<mapping::Operand>& out);
  void note_blocked(Queue& queue);
  void note_done(std::size_t index, Cycles cycle);
  [[nodiscard]] mapping::Token missing_token(const mapping::Command& command) const;
  [[nodiscard]] int layer_of(const mapping::Command& command) const;
  [[nodiscard]] stats::Activity::Reading read_array(int layer) const;

  const mapping::Program& program_;
  Scratchpad& scratchpad_;
  /// Channel 0 of each unit in their order, then the other channels: of loads and stores in turn.
  std::vector<Queue> queues_;
  std::vector<mapping::Unit> unit_of_token_;
  std::vector<std::int64_t> done_by_;  ///< by token: the command that it completes, or -1
  std::vector<bool> is_set_;
  Fifo<Arrival> arrivals_;
  std::vector<Span> layers_;
  mapping::Schedule schedule_;
  std::size_t commands_done_ = 0;
  CommandObserver* observer_ = nullptr;
};

}  // namespace vitsim::hw
