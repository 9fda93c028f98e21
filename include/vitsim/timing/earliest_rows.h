// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <limits>

#include "vitsim/core/units.h"
#include "vitsim/timing/row_unit.h"

namespace vitsim::timing {

/// Earliest cycles of the first and the last row of a stream of rows: when they are written to it.
struct RowTimes {
  Cycles first = 0;
  Cycles last = 0;
};

/// A command of a unit on whole rows (hw::RowUnit).
struct RowsCommand {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t results = 0;      ///< rows that leave
  int tables = 0;                ///< that are read before the rows
  bool from_memory = true;       ///< else rows come from the unit before
  bool to_memory = true;         ///< else they go to the unit behind
  Cycles table_cycles = 0;       ///< that the scratchpad's port takes for all tables
  Cycles row_read_cycles = 1;    ///< the same for all groups of a row, of all operands
  Cycles row_write_cycles = 1;   ///< for all groups of a row of results
  Cycles last_write_cycles = 1;  ///< for the last of them
};

/// Earliest cycles of the commands of one unit on whole rows, one after the other. Never later than
/// hw::RowUnit does it, and the same where a row is a group of lanes and nobody else uses the
/// scratchpad.
class EarliestRows {
 public:
  explicit EarliestRows(Cycles read_latency) : read_latency_(read_latency) {}

  /// The next command, released in cycle `released`, for a unit of this form: the cycle in which
  /// its token is set. `come` and `beside` are its rows, and what each waits for besides, where
  /// rows come from units before.
  Cycles command(Cycles released, const RowsCommand& work, const RowUnit& form,
                 const RowTimes& come = {}, const RowTimes& beside = {});
  /// When the unit took that command.
  [[nodiscard]] Cycles taken() const { return taken_; }
  /// When its rows left, where they go to the unit behind.
  [[nodiscard]] const RowTimes& left() const { return left_; }
  /// The earliest cycle in which it took the row as many before the last, of rows that came from a
  /// unit before; -1 where there are not as many.
  [[nodiscard]] Cycles took_row(std::int64_t before_last) const {
    return before_last < rows_ ? first_row_ + (rows_ - 1 - before_last) * row_interval_ : -1;
  }

 private:
  /// Commands that the unit knows at a time (hw/row_unit.cpp).
  static constexpr std::size_t kCommandsKnown = 4;
  Cycles read(const RowsCommand& work, const RowUnit& form);
  Cycles take_sums(const RowsCommand& work, const RowUnit& form, const RowTimes& come,
                   const RowTimes& beside);

  Cycles read_latency_;
  Cycles taken_ = -1;
  Cycles last_ask_ = -1;
  Cycles next_group_ask_ = 0;  ///< by the initiation interval
  Cycles last_came_ = -1;
  Cycles port_came_ = -1;  ///< the last answer of the scratchpad
  Cycles next_row_ = 0;    ///< that comes from the unit before
  Cycles first_row_ = 0;   ///< of the command, when it is complete in the unit, or was taken
  std::int64_t rows_ = 0;
  Cycles row_interval_ = 1;
  Cycles last_due_ = std::numeric_limits<Cycles>::min() / 4;
  Cycles last_left_ = -1;
  Cycles last_written_ = -1;
  RowTimes left_;
  std::array<Cycles, kCommandsKnown> done_{-1, -1, -1, -1};  ///< a ring
  std::size_t oldest_ = 0;
};

}  // namespace vitsim::timing
