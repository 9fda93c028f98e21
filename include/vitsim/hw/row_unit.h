// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/fifo.h"
#include "vitsim/hw/scratchpad.h"
#include "vitsim/stats/activity.h"
#include "vitsim/stats/counters.h"
#include "vitsim/timing/row_unit.h"

namespace vitsim::hw {

/// What the units on whole rows have in common: they read rows from the scratchpad, a group of
/// lanes at a time, hold them until the whole row is there, and write rows back.
///
/// Timing: a table of parameters, if the command has one, is read first, in a single request. Then
/// one group of `lanes` elements is asked for every initiation_interval; an addition asks for a
/// group of each summand. A row is ready timing::row_latency() after its last group came, but no
/// sooner than timing::row_interval() after the row before it; its groups are written one a cycle.
/// Two rows can be in each pass, as many more in the pipeline as it is deep, and two wait to be
/// written; while there are more, nothing is asked for. So rows follow each other every
/// row_interval(), and from the first read of a row to the last write they take
/// timing::rows_cycles() + read_latency_cycles where nothing else uses the scratchpad. Next
/// command: its reads begin when all rows of this one are asked for.
class RowUnit : public Ticked {
 public:
  StreamIn<CommandBeat> commands_in{"commands_in", *this};
  MemoryPortOut read_port{"read_port", *this};
  MemoryPortOut write_port{"write_port", *this};
  sc_core::sc_port<TokenSink> tokens_out{"tokens_out"};

  void reset() override;
  [[nodiscard]] std::string status() const override;
  [[nodiscard]] stats::Activity& activity() { return activity_; }
  [[nodiscard]] stats::Group& stats() { return stats_; }

 protected:
  /// One row as it came from memory.
  struct RowInput {
    const mapping::Command* command = nullptr;
    std::vector<std::int16_t> values;
    std::vector<std::int16_t> second;  ///< the other summand
  };

  RowUnit(const sc_core::sc_module_name& name, const timing::RowUnit& unit,
          const config::Scratchpad& scratchpad, const model::Graph& graph, std::size_t layers,
          Clock& clock);

  /// The values of a row; `out` has its length.
  virtual void compute(const RowInput& input, std::span<std::int16_t> out) = 0;
  /// Takes the bytes of a table of parameters.
  virtual void set_params(std::span<const std::byte> bytes);
  [[nodiscard]] const model::Op& op_of(const mapping::Command& command) const {
    return graph_.ops[static_cast<std::size_t>(command.op)];
  }
  [[nodiscard]] int out_bits(const mapping::Command& command) const {
    return graph_.tensor(op_of(command).out).bits;
  }

 private:
  struct Work {
    CommandBeat beat;
    const mapping::RowsTile* tile = nullptr;
    bool params_asked = false;
    bool params_there = false;
    std::int64_t asked_row = 0;  ///< the next group to ask for
    std::int64_t asked_group = 0;
    bool asked_first = false;   ///< the first summand's group; the second's comes next
    std::int64_t came_row = 0;  ///< the next group to come
    std::int64_t came_group = 0;
    std::int64_t to_confirm = 0;  ///< groups written or to be written
    [[nodiscard]] bool all_asked() const { return asked_row == tile->out.region.rows; }
  };
  struct Result {
    Cycles due = 0;
    const mapping::RowsTile* tile = nullptr;
    std::int64_t row = 0;
    std::int64_t group = 0;  ///< the next to write
    std::vector<std::byte> bytes;
  };

  /// Far enough for any interval between rows.
  static constexpr Cycles kLongAgo = std::numeric_limits<Cycles>::min() / 2;

  void tick() override;
  bool take_command();
  bool ask();
  [[nodiscard]] std::size_t room_for(const mapping::RowsTile& tile) const;
  bool collect();
  bool write();
  bool confirm();
  void ask_for(const mapping::Operand& operand, std::int64_t row, std::int64_t group);
  void finish_row(Work& work);
  void note(bool moved);

  timing::RowUnit unit_;
  int buffer_groups_;
  const model::Graph& graph_;
  Fifo<Work> work_;  ///< oldest first
  RowInput row_;     ///< the row that is coming
  Fifo<Result> results_;
  Cycles next_ask_at_ = 0;
  Cycles last_due_ = kLongAgo;
  int under_way_ = 0;  ///< reads
  std::vector<std::int16_t> out_;
  MemoryRequest request_;
  stats::Activity activity_;
  stats::Group stats_;
  stats::Counter& rows_;
};

}  // namespace vitsim::hw
