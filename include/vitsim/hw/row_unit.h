// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/fifo.h"
#include "vitsim/hw/rows.h"
#include "vitsim/hw/scratchpad.h"
#include "vitsim/stats/activity.h"
#include "vitsim/stats/counters.h"
#include "vitsim/timing/row_unit.h"

namespace vitsim::hw {

/// What the units on whole rows have in common: they read rows from the scratchpad, a group of
/// lanes at a time, hold them until the whole row is there, and write rows back. Rows of a command
/// may also come from the unit before, as sums, and go to the unit behind.
///
/// Timing: tables of parameters, if the command has any, are read first, each in a single request;
/// then one group of `lanes` elements is asked for every initiation_interval; an operator of two
/// operands asks for a group of each. A row is ready timing::row_latency() after its last group
/// came, but no sooner than timing::row_interval() after the row before it; its groups are written
/// one a cycle. Two rows can be in each pass, as many more in the pipeline as it is deep, and two
/// wait to be written; while there are more, nothing is asked for. So rows follow each other every
/// row_interval(), and from the first read of a row to the last write they take
/// timing::rows_cycles() + read_latency_cycles where nothing else uses the scratchpad. Next
/// command: its reads begin when all rows of this one are asked for.
///
/// A row that comes as sums is taken whole, and the next one row_interval() later; one that goes to
/// the unit behind goes in one cycle. A command that sums its rows up has one result, with its last
/// row, or none where another command completes it.
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
  /// One row as it came.
  struct RowInput {
    const mapping::Command* command = nullptr;
    const mapping::RowsTile* tile = nullptr;
    std::int64_t index = 0;  ///< in the tile
    std::vector<std::int16_t> values;
    std::vector<std::int16_t> second;  ///< the other summand
    SumRows sums;                      ///< instead of values, where it comes from the unit before
  };
  /// One row as it leaves; sums where it goes to the unit behind.
  struct RowOutput {
    std::vector<std::int16_t> values;
    SumRows sums;
  };

  RowUnit(const sc_core::sc_module_name& name, const timing::RowUnit& unit,
          const config::Scratchpad& scratchpad, const model::Graph& graph, std::size_t layers,
          Clock& clock);

  /// The values of a row; `out.values` has tile.out's columns.
  virtual void compute(RowInput& input, RowOutput& out) = 0;
  /// Takes the bytes of table `index` of the command whose rows come next.
  virtual void set_table(const mapping::Command& command, std::size_t index,
                         std::span<const std::byte> bytes);
  /// Where rows come as sums and where they go to; none in most units. Whether all that the next
  /// row takes besides is there.
  virtual StreamReader<SumRows>* sums_before() { return nullptr; }
  virtual StreamWriter<SumRows>* unit_behind() { return nullptr; }
  virtual bool row_may_enter(const mapping::Command& /*command*/) { return true; }
  /// How the unit works on this command.
  virtual timing::RowUnit form_of(const mapping::Command& /*command*/) const { return unit_; }

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
    timing::RowUnit form;
    std::int64_t groups = 0;  ///< of a row
    std::size_t tables_asked = 0;
    std::size_t tables_came = 0;
    std::int64_t asked_row = 0;  ///< the next group to ask for
    std::int64_t asked_group = 0;
    bool asked_first = false;   ///< the first operand's group; the second's comes next
    std::int64_t came_row = 0;  ///< the next group to come
    std::int64_t came_group = 0;
    bool came_first = false;      ///< the first operand's group; the second's comes next
    std::int64_t to_confirm = 0;  ///< groups written or to be written, rows passed on or to be
    [[nodiscard]] bool all_asked() const {
      return tables_asked == tile->tables.size() && asked_row == tile->rows;
    }
    [[nodiscard]] bool tables_are_here() const { return tables_came == tile->tables.size(); }
    [[nodiscard]] bool all_came() const { return tables_are_here() && came_row == tile->rows; }
    /// Its next row comes from the unit before, not from the scratchpad.
    [[nodiscard]] bool takes_sums() const {
      return !tile->in && tables_are_here() && came_row < tile->rows;
    }
  };
  struct Result {
    Cycles due = 0;
    const mapping::RowsTile* tile = nullptr;
    std::int64_t row = 0;
    std::int64_t group = 0;  ///< the next to write
    std::int64_t groups = 0;
    int lanes = 1;
    std::vector<std::byte> bytes;
    SumRows sums;
  };

  /// Far enough for any interval between rows.
  static constexpr Cycles kLongAgo = std::numeric_limits<Cycles>::min() / 2;

  void tick() override;
  bool take_command();
  bool ask();
  [[nodiscard]] std::size_t room_for(const Work& work) const;
  bool collect();
  bool take_sums();
  bool write();
  bool confirm();
  bool complete();
  void ask_for(const Work& work, const mapping::Operand& operand);
  [[nodiscard]] Work* oldest_incomplete();
  [[nodiscard]] Work& oldest_unconfirmed(bool writes);
  void finish_row(Work& work, Cycles latency);
  void note(bool moved);

  timing::RowUnit unit_;
  int buffer_groups_;
  const model::Graph& graph_;
  Fifo<Work> work_;  ///< oldest first
  RowInput row_;     ///< the row that is coming
  Fifo<Result> results_;
  Cycles next_ask_at_ = 0;
  Cycles next_sums_at_ = 0;
  Cycles last_due_ = kLongAgo;
  int under_way_ = 0;  ///< reads
  RowOutput out_;
  MemoryRequest request_;
  stats::Activity activity_;
  stats::Group stats_;
  stats::Counter& rows_;
};

}  // namespace vitsim::hw
