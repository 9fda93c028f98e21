// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/earliest_rows.h"

#include <algorithm>

namespace vitsim::timing {

/// Asks for all rows; when the last has come.
Cycles EarliestRows::read(const RowsCommand& work, const RowUnit& form) {
  const std::int64_t groups = row_groups(work.cols, form);
  const Cycles every = std::max(form.initiation_interval, form.reads);
  const Cycles first_ask = std::max(taken_ + work.tables, next_group_ask_);
  const Cycles last_first = first_ask + (work.rows * groups - 1) * every;
  next_group_ask_ = last_first + form.initiation_interval;
  last_ask_ = last_first + form.reads - 1;
  // The port serves one request after the other; answers wait for rows that come from elsewhere.
  const Cycles began = std::max({taken_ + read_latency_ + work.table_cycles,
                                 port_came_ + work.table_cycles, first_ask + read_latency_});
  first_row_ =
      std::max({first_ask + (groups - 1) * every + form.reads + read_latency_,
                began + work.row_read_cycles, last_came_ + work.tables + groups * form.reads});
  port_came_ = std::max(last_ask_ + 1 + read_latency_, began + work.rows * work.row_read_cycles);
  last_came_ = std::max(port_came_, last_came_ + work.tables + work.rows * groups * form.reads);
  return last_came_;
}

/// Takes rows from the unit before; when the last one's groups are in the lanes.
Cycles EarliestRows::take_sums(const RowsCommand& work, const RowUnit& form, const RowTimes& come,
                               const RowTimes& beside) {
  const Cycles behind = (row_groups(work.cols, form) - 1) * form.initiation_interval;
  last_ask_ = taken_ + std::max(work.tables, 1) - 1;
  Cycles ready = std::max({taken_ + 1, next_row_, last_came_});
  if (work.tables > 0) {
    port_came_ = std::max(taken_ + read_latency_, port_came_) + work.table_cycles;
    ready = std::max({ready, port_came_, last_came_ + work.tables});
  }
  first_row_ = std::max({ready, come.first + 1, beside.first + 1});
  last_came_ =
      std::max({first_row_ + (work.rows - 1) * row_interval_, come.last + 1, beside.last + 1});
  next_row_ = last_came_ + row_interval_;
  return last_came_ + behind;
}

Cycles EarliestRows::command(Cycles released, const RowsCommand& work, const RowUnit& form,
                             const RowTimes& come, const RowTimes& beside) {
  const std::int64_t groups = row_groups(work.cols, form);
  rows_ = work.rows;
  row_interval_ = row_interval(work.cols, form);
  taken_ = std::max({released + 1, last_ask_ + 1, done_[oldest_]});
  const Cycles came = work.from_memory ? read(work, form) : take_sums(work, form, come, beside);
  Cycles done = came;
  if (work.results > 0) {
    const Cycles latency = row_latency(work.cols, form);
    // Of a row that came whole the last group is in the lanes behind the others.
    const Cycles behind = work.from_memory ? 0 : (groups - 1) * form.initiation_interval;
    const Cycles first = work.results == work.rows ? first_row_ + behind : came;
    const Cycles first_due = std::max(first + latency, last_due_ + row_interval_);
    last_due_ = std::max({came + latency, first_due + (work.results - 1) * row_interval_,
                          last_due_ + work.results * row_interval_});
    const Cycles writes = work.to_memory ? groups : 1;
    left_.first = std::max(first_due, last_left_ + 1);
    last_left_ = std::max(last_due_ + writes - 1, last_left_ + work.results * writes);
    left_.last = last_left_;
    done = last_left_;
    if (work.to_memory) {
      const Cycles port = work.results * work.row_write_cycles;
      last_written_ = std::max(
          {last_left_ + work.last_write_cycles + 1, last_written_ + port, first_due + port + 1});
      done = last_written_;
    }
  }
  // One command a cycle is done.
  const std::size_t before = (oldest_ + kCommandsKnown - 1) % kCommandsKnown;
  done = std::max(done, done_[before] + 1);
  done_[oldest_] = done;
  oldest_ = (oldest_ + 1) % kCommandsKnown;
  return done;
}

}  // namespace vitsim::timing
