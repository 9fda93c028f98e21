// SPDX-License-Identifier: Apache-2.0
#include "row_unit_clock.h"

#include <algorithm>

namespace vitsim::timing {
namespace {

/// Commands that a unit on rows knows at a time (hw/row_unit.cpp).
constexpr std::size_t kCommandsKnown = 4;
/// Finished rows that may wait to be written there.
constexpr int kRowsWaiting = 2;

}  // namespace

RowUnitClock::RowUnitClock(const RowUnit& unit, Cycles read_latency)
    : unit_(unit),
      read_latency_(read_latency),
      room_(static_cast<std::size_t>(2 * unit.passes + kRowsWaiting + unit.latency_cycles)) {}

/// The unit has a command in the cycle after it was released, once it has asked for all of the one
/// before.
Cycles RowUnitClock::take(Cycles released) {
  return std::max({released + 1, last_ask_ + 1, before_end(done_, kCommandsKnown)});
}

Cycles RowUnitClock::done(Cycles token) {
  const Cycles in_order = std::max(token, before_end(done_, 1) + 1);
  push(done_, in_order, kCommandsKnown);
  return in_order;
}

/// Asks for `count` groups behind the tables; when the last has come.
Cycles RowUnitClock::ask(Cycles first_possible, std::int64_t count, int tables) {
  const Cycles first =
      std::max(first_possible + tables, last_group_ask_ + unit_.initiation_interval);
  last_group_ask_ = first + (count - 1) * unit_.initiation_interval;
  last_ask_ = last_group_ask_;
  // One a cycle comes; what was asked for while sums came before waits for them.
  last_came_ = std::max(last_ask_ + kAsked + read_latency_, last_came_ + tables + count);
  came_as_sums_ = false;
  return last_came_;
}

Cycles RowUnitClock::rows(Cycles released, std::int64_t rows, std::int64_t cols, int tables,
                          int reads) {
  // Of two operands the second is asked for in the cycle after the first.
  const Cycles came = ask(take(released), rows, tables) + (reads - 1);
  last_ask_ += reads - 1;
  last_came_ = came;
  for (std::int64_t row = 1 - rows; row <= 0; ++row) {
    last_due_ =
        std::max(came + row + row_latency(cols, unit_), last_due_ + row_interval(cols, unit_));
    leave();
  }
  return done(last_left_ + kWriteToToken);
}

Cycles RowUnitClock::leave(Cycles room) {
  last_left_ = std::max({last_due_, last_left_ + 1, room});
  push(left_, last_left_, room_);
  return last_left_;
}

Cycles RowUnitClock::sum(Cycles released, std::int64_t rows, std::int64_t cols) {
  const Cycles came = ask(take(released), rows, 0);
  last_due_ = std::max(came + row_latency(cols, unit_), last_due_ + row_interval(cols, unit_));
  return done(leave() + kWriteToToken);
}

void RowUnitClock::begin_sums(Cycles released, std::int64_t cols, int tables) {
  const Cycles taken = take(released);
  last_ask_ = taken + std::max(tables, 1) - 1;
  next_row_ = taken + 1;
  if (tables > 0) {
    next_row_ = std::max(last_ask_ + kAsked + read_latency_, last_came_ + tables);
  }
  next_row_ = std::max(next_row_, last_came_ + (came_as_sums_ ? 1 : 0));
  came_as_sums_ = true;
  cols_ = cols;
}

Cycles RowUnitClock::take_row(Cycles come, Cycles divisor) {
  last_came_ = std::max({next_row_, come + 1, divisor + 1, before_end(left_, room_)});
  next_row_ = last_came_ + row_interval(cols_, unit_);
  last_due_ =
      std::max(last_came_ + row_latency(cols_, unit_), last_due_ + row_interval(cols_, unit_));
  return last_came_;
}

}  // namespace vitsim::timing
