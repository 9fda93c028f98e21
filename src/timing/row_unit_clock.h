// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "vitsim/timing/row_unit.h"

#include "times.h"

namespace vitsim::timing {

/// A unit on whole rows (hw::RowUnit) that takes a row as one group of lanes. Each method is the
/// next command, released in cycle `released`; it returns when its token is set.
class RowUnitClock {
 public:
  RowUnitClock(const RowUnit& unit, Cycles read_latency);

  /// From memory to memory, behind `tables` tables; `reads` operands a row.
  Cycles rows(Cycles released, std::int64_t rows, std::int64_t cols, int tables, int reads = 1);
  /// From memory to one row.
  Cycles sum(Cycles released, std::int64_t rows, std::int64_t cols);
  /// Rows that come as sums, behind `tables` tables.
  void begin_sums(Cycles released, std::int64_t cols, int tables);
  /// The next of them, written by the unit before in cycle `come`, with its divisor, where there is
  /// one, in cycle `divisor`: when it is taken.
  Cycles take_row(Cycles come, Cycles divisor = kNever);
  /// When the row's result leaves, in order, to memory or, not before `room`, to the unit behind.
  Cycles leave(Cycles room = kNever);
  /// The token of a command whose last row was taken and has left to memory.
  Cycles end_sums_to_memory() { return done(last_left_ + kWriteToToken); }
  /// The same where it went to the unit behind.
  Cycles end_sums_to_unit() { return done(last_left_); }

 private:
  Cycles take(Cycles released);
  Cycles ask(Cycles first_possible, std::int64_t count, int tables);
  Cycles done(Cycles token);

  RowUnit unit_;
  Cycles read_latency_;
  std::size_t room_;  ///< rows that may be taken before the first has left
  Cycles last_ask_ = kNever;
  Cycles last_group_ask_ = kNever;
  Cycles last_came_ = kNever;
  bool came_as_sums_ = false;
  Cycles last_due_ = kNever;
  Cycles next_row_ = kNever;  ///< that comes as sums
  std::int64_t cols_ = 0;
  Times left_;
  Cycles last_left_ = kNever;
  Times done_;  ///< tokens of the commands before
};

}  // namespace vitsim::timing
