// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/earliest_products.h"

#include <algorithm>

#include "vitsim/timing/gemm.h"

namespace vitsim::timing {
namespace {

/// Rows in the streams between the array and the unit that takes its sums: two each before and
/// behind the accumulator buffer.
constexpr std::int64_t kRowsBetween = 4;

int ports_of(const config::PeArray& array, bool stationary) {
  return stationary && type_of(array) != ArrayType::kOutputStationary
             ? std::min(array.weight_rows_per_cycle, array.rows)
             : 1;
}

}  // namespace

EarliestProducts::EarliestProducts(const config::Accelerator& machine)
    : machine_(machine),
      type_(type_of(machine.pe_array)),
      columns_(sums_are_columns(machine.pe_array)),
      latency_(array_latency(machine.pe_array)),
      lhs_(ports_of(machine.pe_array, columns_), machine.scratchpad.read_latency_cycles),
      rhs_(ports_of(machine.pe_array, !columns_), machine.scratchpad.read_latency_cycles) {}

void EarliestProducts::begin(Cycles released, const model::GemmShape& tile) {
  released_ = released;
  tile_ = tile;
  fold_ = 0;
  lhs_.begin(released);
  rhs_.begin(released);
  taken_[static_cast<std::size_t>(commands_) % kQueued] =
      std::max({lhs_.taken(), rhs_.taken(), pass_.last + 1, finished_[0] + 1});
  ++commands_;
}

void EarliestProducts::load(const FetchBlock& block) {
  if (type_ == ArrayType::kRowWise) {
    tokens_ = block;
    last_load_ = lhs_.block(block).first;
    return;
  }
  EarliestFetch& fetch = stationary();
  const EarliestFetch::Passes passes = fetch.block(block);
  // Padding needs no read.
  const bool pads = block.padding_beats > 0 && !block.buffered;
  Cycles first = std::max(pads ? fetch.taken() + 2 : passes.first + 1, last_load_ + 1);
  Cycles wave = -1;
  if (!machine_.pe_array.overlap_folds) {
    first = std::max(first, last_left_ + 1);
  } else if (first_beat_ >= 0) {
    // The wave of the fold before sets shadow registers free, a row of PEs a cycle.
    first = std::max(first, first_beat_ + block.rows_per_beat - 1);
    wave = first_beat_ + machine_.pe_array.rows - 1;
  }
  last_load_ = std::max(fetch.entered(block, first), wave);
}

/// The earliest cycle of a fold's beat behind sums that are taken late: while they find no room the
/// array stands still.
Cycles EarliestProducts::behind_late_sums(std::int64_t beat) const {
  const std::int64_t row = std::min(late_.rows + beat - latency_, late_.rows - 1);
  if (row < kRowsBetween) {
    return -1;
  }
  return late_.first + 2 + (row - kRowsBetween) * late_.every +
         std::max<std::int64_t>(0, beat - latency_ + 1);
}

void EarliestProducts::begin_fold(Cycles& beat) {
  beat = std::max(beat, behind_late_sums(0));
  first_beat_ = beat;
  streamed_ = 0;
}

void EarliestProducts::stream(const FetchBlock& block, bool first, bool last) {
  EarliestFetch& fetch = streaming();
  Cycles beat = std::max(fetch.block(block).first, last_beat_) + 1;
  if (first) {
    beat = std::max(beat, last_load_ + 1);
    begin_fold(beat);
    if (type_ == ArrayType::kRowWise) {
      lhs_.entered(tokens_, beat);
    }
  }
  streamed_ += block.beats;
  last_beat_ = std::max(fetch.entered(block, beat), behind_late_sums(streamed_ - 1));
  if (last) {
    end_fold();
  }
}

void EarliestProducts::stream_pairs(std::int64_t pairs, const PairSide& lhs, const PairSide& rhs,
                                    bool first, bool last) {
  const auto& array = machine_.pe_array;
  Cycles beat = last_beat_ + 1;
  const auto begin_block = [&](EarliestFetch& fetch, const PairSide& side) {
    if (side.begins) {
      beat = std::max(beat, fetch.block(*side.block).first + 1);
    }
  };
  begin_block(lhs_, lhs);
  begin_block(rhs_, rhs);
  if (first) {
    if (!array.overlap_folds) {
      beat = std::max(beat, last_left_ + 1);
    }
    last_pair_ = fold_ > 0 || commands_ > 1 ? last_beat_ : -1;
    begin_fold(beat);
  }
  lhs_beat_ = lhs.begins ? beat : lhs_beat_;
  rhs_beat_ = rhs.begins ? beat : rhs_beat_;
  last_beat_ = beat + pairs - 1;
  if (lhs.ends) {
    last_beat_ = std::max(last_beat_, lhs_.entered(*lhs.block, lhs_beat_));
  }
  if (rhs.ends) {
    last_beat_ = std::max(last_beat_, rhs_.entered(*rhs.block, rhs_beat_));
  }
  if (last) {
    if (array.drain == config::Drain::kExposed && last_pair_ >= 0) {
      last_beat_ = std::max(last_beat_, last_pair_ + array.rows);
    }
    end_fold();
  }
}

/// The fold's sums leave, and go through the accumulator buffer.
void EarliestProducts::end_fold() {
  const auto& array = machine_.pe_array;
  const Fold fold = tile_fold(tile_, array, fold_);
  std::int64_t rows = fold.beats;
  RowTimes leave{first_beat_ + latency_, last_beat_ + latency_};
  if (type_ == ArrayType::kOutputStationary) {
    rows = fold.rows;
    const Cycles drain = array.drain == config::Drain::kExposed ? array.rows : 0;
    leave.last = last_beat_ + latency_ + drain;
    leave.first = leave.last - (rows - 1);
  } else if (type_ == ArrayType::kRowWise) {
    rows = tile_.n;
    leave.first += fold.beats / rows - 1;
  }
  last_left_ = leave.last;
  const bool one_pass = type_ == ArrayType::kOutputStationary || type_ == ArrayType::kRowWise;
  const Cycles first = std::max(leave.first, pass_.last) + 1;
  const Cycles last = std::max(leave.last + 1, first + rows - 1);
  pass_ = {one_pass && fold_ > 0 ? pass_.first : first, last};
  ++fold_;
}

/// Columns of the result become rows of it.
void EarliestProducts::turn() {
  const Cycles first = std::max(pass_.first + 1, turned_[0]);
  const Cycles last = std::max(pass_.last + 1, first + tile_.n - 1);
  late_ = {first, 1, tile_.n};
  rows_out_ = {last + 1, last + tile_.m};
  turned_ = {turned_[1], rows_out_.last};
}

Cycles EarliestProducts::finish(const SumFinish& what) {
  late_ = {};
  if (!what.completes) {
    return pass_.last;
  }
  rows_out_ = pass_;
  if (columns_) {
    turn();
  }
  return what.to_post_processor ? post_process(what) : pass_.last;
}

Cycles EarliestProducts::post_process(const SumFinish& what) {
  const auto interval = ceil_div<Cycles>(tile_.n, machine_.post_processor.lanes);
  const Cycles latency = machine_.post_processor.latency_cycles;
  const Cycles taken = std::max(released_, finished_[0]) + 1;
  Cycles first = std::max(rows_out_.first + 1, lanes_free_);
  Cycles last = rows_out_.last + 1;
  if (what.params_cycles > 0) {
    reads_came_ =
        std::max(taken + machine_.scratchpad.read_latency_cycles, reads_came_) + what.params_cycles;
    first = std::max(first, reads_came_);
  }
  if (what.residual_cycles > 0) {
    reads_came_ = std::max(taken + machine_.scratchpad.read_latency_cycles, reads_came_);
    first = std::max(first, reads_came_ + what.residual_cycles);
    reads_came_ += tile_.m * what.residual_cycles;
    last = std::max(last, reads_came_);
  }
  // Where results wait to be written, rows wait with them.
  const std::int64_t waiting = latency + kRowsBetween;
  if (tile_.m > waiting) {
    last = std::max(last, first + latency + 1 + (tile_.m - waiting) * what.write_cycles);
  }
  last = std::max(last, first + (tile_.m - 1) * interval);
  lanes_free_ = last + interval;
  finished_ = {finished_[1], last};
  const Cycles port = tile_.m * what.write_cycles;
  last_written_ = std::max(
      {last + latency + what.write_cycles + 1, last_written_ + port, first + latency + port + 1});
  if (!columns_) {
    rows_taken(first, interval);
  } else if (tile_.m > 2) {
    turned_[1] = std::max(turned_[1], first + (tile_.m - 3) * interval + 1);
  }
  return last_written_;
}

Cycles EarliestProducts::rows_taken(Cycles first, Cycles every) {
  if (columns_) {
    return pass_.last;
  }
  if (tile_.m > 2) {
    pass_.last = std::max(pass_.last, first + (tile_.m - 3) * every + 1);
  }
  if (type_ == ArrayType::kWeightStationary) {
    late_ = {first, every, tile_.m};
    last_left_ = std::max(
        last_left_, tile_.m > kRowsBetween ? first + 2 + (tile_.m - 1 - kRowsBetween) * every : -1);
  }
  return pass_.last;
}

}  // namespace vitsim::timing
