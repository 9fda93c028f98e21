// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "vitsim/hw/access_observer.h"
#include "vitsim/hw/command_observer.h"
#include "vitsim/hw/scratchpad.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"
#include "vitsim/sim/trace_names.h"
#include "vitsim/trace/event.h"
#include "vitsim/trace/tile_hash.h"

namespace vitsim::sim {

/// Makes events of what a machine shows its observers: commands and, where asked for, the values of
/// their results and what crosses the ports of the memories. Events come by cycle; of one cycle
/// those of one kind by command, or by port, requester and address, so that the order in which
/// modules are called in a cycle never shows.
class TraceRecorder : public hw::WriteObserver,
                      public hw::CommandObserver,
                      public hw::AccessObserver {
 public:
  using Sink = std::function<void(const trace::Event&)>;

  /// References must outlive the recorder. `next` is shown all writes, too; none where null.
  TraceRecorder(const model::Graph& graph, const mapping::Program& program, trace::Level level,
                Sink sink, hw::WriteObserver* next = nullptr);

  void on_released(Cycles cycle, std::size_t command) override;
  void on_done(Cycles cycle, std::size_t command, stats::Activity* activity) override;
  void on_write(Cycles cycle, const std::string& unit, const hw::MemoryRequest& request) override;
  void on_scratchpad(Cycles cycle, std::size_t port, const hw::MemoryRequest& request,
                     std::span<const std::byte> data) override;
  void on_dram(Cycles cycle, std::size_t channel, Bytes address,
               std::span<const std::byte> data) override;
  /// Nothing follows in this image: hands on what it still holds.
  void end_image();

 private:
  /// A result that a command is writing.
  struct OpenTile {
    std::size_t command;
    model::View tile;
    trace::TileHash hash;
  };

  /// What happened in a cycle.
  struct OfCycle {
    std::vector<trace::Event> of_commands;
    std::vector<trace::Transaction> transactions;
  };

  OfCycle& at(Cycles cycle);
  void end_cycle();
  void add(const trace::Transaction& transaction);
  void add_stalls(trace::Done& done, stats::Activity& activity);
  std::vector<trace::Stall>& stalls_of(Cycles cycle, std::int64_t command);
  void open(std::size_t command, const mapping::Operand& out);
  void close(Cycles cycle, std::size_t command);
  [[nodiscard]] OpenTile& tile_at(model::TensorId tensor, std::int64_t row, std::int64_t col);

  const model::Graph& graph_;
  const mapping::Program& program_;
  trace::Level level_;
  Sink sink_;
  hw::WriteObserver* next_;
  CommandUnits units_;
  /// Cycle cycle_ and the one after it: a command that is done in one is noticed in the next.
  Cycles cycle_ = 0;
  OfCycle now_;
  OfCycle next_cycle_;
  std::vector<std::vector<OpenTile>> open_;  ///< by tensor
  /// The last command of a unit for a layer.
  struct LastDone {
    Cycles cycle = -1;
    std::int64_t command = 0;
    stats::CycleCount count;  ///< of the unit's cycles for the layer, until then
  };
  std::map<std::pair<const stats::Activity*, int>, LastDone> last_done_;
  std::vector<std::int16_t> values_;
};

}  // namespace vitsim::sim
