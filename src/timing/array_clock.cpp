// SPDX-License-Identifier: Apache-2.0
#include "array_clock.h"

#include <algorithm>

#include "vitsim/timing/gemm.h"

namespace vitsim::timing {
namespace {

/// Commands that SA-Diag knows (hw/sa_diag.cpp).
constexpr std::size_t kDiagCommands = 3;
/// Rows that wait in a fetcher besides those on their way (hw/rows.h).
constexpr Cycles kWaitingRows = 4;

}  // namespace

ArrayClock::ArrayClock(const config::Accelerator& machine)
    : pe_rows_(machine.pe_array.rows),
      latency_(array_latency(machine.pe_array)),
      diag_latency_(latency_ + 1 + machine.taylor_pipeline->sa_diag.latency_cycles),
      read_latency_(machine.scratchpad.read_latency_cycles),
      credits_(static_cast<std::size_t>(read_latency_ + 1 + kWaitingRows)),
      queue_depth_(static_cast<std::size_t>(machine.sequencer.queue_depth)),
      divisor_slots_(static_cast<std::size_t>(machine.taylor_pipeline->sa_diag.divisor_queue)) {}

Cycles ArrayClock::queue_room() const {
  return std::max(before_end(accumulator_takes_, queue_depth_),
                  before_end(post_processor_takes_, queue_depth_)) +
         1;
}

void ArrayClock::note_command(Cycles released) {
  // The one takes a command when all rows of the one before have gone on, the other when it knows
  // fewer than two whose rows it is to finish.
  push(accumulator_takes_, std::max(released + 1, before_end(rows_out_, 1) + 1), queue_depth_);
  push(post_processor_takes_,
       std::max({released + 1, before_end(post_processor_takes_, 1) + 1,
                 before_end(post_processor_done_, kSlots) + 1}),
       queue_depth_);
}

Cycles ArrayClock::load(Cycles released, std::int64_t k) {
  const Cycles taken = std::max(released + 1, rhs_asked_ + 1);
  rhs_asked_ = std::max(rhs_asked_, taken - 1);
  const std::int64_t padding = pe_rows_ - k;
  for (std::int64_t row = 0; row < pe_rows_; ++row) {
    Cycles there = row == 0 ? taken + 1 : kNever;
    if (row >= padding) {
      rhs_asked_ = std::max(rhs_asked_ + 1, before_end(rhs_passed_, credits_));
      there = std::max(there, rhs_asked_ + kAsked + read_latency_);
    }
    rhs_last_pass_ = std::max({there, rhs_last_pass_ + 1, before_end(loads_, kSlots) + 1});
    if (row >= padding) {
      push(rhs_passed_, rhs_last_pass_, credits_);
    }
    const Cycles loaded = std::max(
        {rhs_last_pass_ + 1, before_end(loads_, 1) + 1, time_.to_cycle(first_beat_ + row)});
    push(loads_, time_.running(loaded), kSlots);
  }
  return loads_.back();
}

/// A row of sums leaves the array and goes through the accumulator buffer.
void ArrayClock::deliver(const SumTaker& taker) {
  const Cycles inside = inside_.front();
  inside_.pop_front();
  const Cycles due = time_.to_cycle(inside);
  const Cycles leaves = std::max(due, before_end(rows_out_, kSlots) + 1);
  if (leaves > due) {
    time_.stand_still(inside, leaves - due);
  }
  const Cycles written = std::max({leaves + 1, before_end(rows_out_, 1) + 1, taker.room()});
  push(rows_out_, written, kSlots);
  if (!diag_) {
    taker.row(written);
    return;
  }
  if (divisors_there_.empty()) {
    give_divisor();
  }
  divisor_ = divisors_there_.front();
  divisors_there_.pop_front();
  push(divisors_taken_, taker.row(written), divisor_slots_);
  ++taken_;
}

/// The next sum leaves SA-Diag, when the divider has room for it: rows that it waits for have been
/// taken.
void ArrayClock::give_divisor() {
  const Cycles inside = diag_inside_.front();
  diag_inside_.pop_front();
  const Cycles due = diag_time_.to_cycle(inside);
  const auto back = static_cast<std::size_t>(taken_ - given_) + divisor_slots_;
  const Cycles leaves = std::max(due, before_end(divisors_taken_, back) + 1);
  if (leaves > due) {
    diag_time_.stand_still(inside, leaves - due);
  }
  divisors_there_.push_back(leaves);
  ++given_;
}

/// SA-Diag takes a row of Q that was written to its stream in `passed`.
void ArrayClock::diag_takes(Cycles passed, bool first, const SumTaker& taker) {
  Cycles took =
      diag_time_.running(std::max({passed + 1, before_end(diag_takes_, 1) + 1, diag_loaded_}));
  while (!diag_inside_.empty() && diag_time_.to_cycle(diag_inside_.front()) <= took) {
    // There is room when the row that is as far ahead as there are slots has taken its divisor.
    while (given_ - taken_ >= static_cast<std::int64_t>(divisor_slots_)) {
      deliver(taker);
    }
    give_divisor();
    took = diag_time_.running(took);
  }
  push(diag_takes_, took, kSlots);
  diag_first_ = first ? took : diag_first_;
  diag_inside_.push_back(diag_time_.to_inside(took) + diag_latency_);
}

Cycles ArrayClock::ask_row(Cycles taken) {
  lhs_asked_ = std::max({taken, lhs_asked_ + 1, before_end(lhs_taken_, credits_)});
  return lhs_asked_ + kAsked + read_latency_;
}

/// A beat of the fold whose operand is in the array in `loaded`; it was written to the stream in
/// `passed`.
void ArrayClock::enter(Cycles passed, Cycles loaded, const SumTaker& taker) {
  Cycles beat = time_.running(std::max({passed + 1, before_end(beats_, 1) + 1, loaded + 1}));
  while (!inside_.empty() && time_.to_cycle(inside_.front()) <= beat) {
    deliver(taker);
    beat = time_.running(beat);
  }
  push(beats_, beat, kSlots);
  inside_.push_back(time_.to_inside(beat) + latency_);
}

/// All sums of the command leave; what comes after does not change when.
Cycles ArrayClock::finish(Cycles first_beat, const SumTaker& taker) {
  first_beat_ = first_beat;
  while (!inside_.empty()) {
    deliver(taker);
  }
  if (taker.post_processor) {
    push(post_processor_done_, rows_out_.back() + 1, kSlots);
  }
  return rows_out_.back();
}

Cycles ArrayClock::turned_fold(Cycles released, std::int64_t beats, std::int64_t k,
                               const SumTaker& taker) {
  note_command(released);
  const Cycles loaded = load(released, k);
  const Cycles taken = std::max(released + 1, lhs_asked_ + 1);
  const Cycles buffer_free = before_end(blocks_passed_, kSlots);
  // The buffer takes its first row in the cycle in which the last before passes it by.
  Cycles taken_next = lhs_last_taken_ + (lhs_last_turned_ ? 1 : 0);
  for (std::int64_t row = 0; row < k; ++row) {
    lhs_last_taken_ = std::max({ask_row(taken), taken_next, buffer_free});
    taken_next = lhs_last_taken_ + 1;
    push(lhs_taken_, lhs_last_taken_, credits_);
  }
  lhs_last_turned_ = true;
  Cycles first_beat = kNever;
  for (std::int64_t beat = 0; beat < beats; ++beat) {
    lhs_last_pass_ =
        std::max({lhs_last_taken_ + 1, lhs_last_pass_ + 1, before_end(beats_, kSlots) + 1});
    enter(lhs_last_pass_, loaded, taker);
    first_beat = beat == 0 ? time_.to_inside(beats_.back()) : first_beat;
  }
  push(blocks_passed_, lhs_last_pass_, kSlots);
  return finish(first_beat, taker);
}

/// SA-Diag's vector is in the column R cycles after it has come and the rows before have begun to
/// pass.
void ArrayClock::begin_diag(Cycles released) {
  const Cycles taken = std::max(released + 1, before_end(diag_done_, kDiagCommands) + 1);
  diag_loaded_ = std::max(taken + kAsked + read_latency_, diag_first_) + pe_rows_;
}

Cycles ArrayClock::context_tile(Cycles released, Cycles diag_released, std::int64_t rows,
                                std::int64_t k, const SumTaker& taker) {
  note_command(released);
  diag_ = diag_released > kNever;
  if (diag_) {
    begin_diag(diag_released);
  }
  const Cycles loaded = load(released, k);
  const Cycles taken = std::max(released + 1, lhs_asked_ + 1);
  Cycles first_beat = kNever;
  for (std::int64_t row = 0; row < rows; ++row) {
    lhs_last_pass_ = std::max({ask_row(taken), lhs_last_pass_ + 1, before_end(beats_, kSlots) + 1,
                               diag_ ? before_end(diag_takes_, kSlots) + 1 : kNever});
    lhs_last_taken_ = lhs_last_pass_;
    push(lhs_taken_, lhs_last_pass_, credits_);
    if (diag_) {
      diag_takes(lhs_last_pass_, row == 0, taker);
    }
    enter(lhs_last_pass_, loaded, taker);
    first_beat = row == 0 ? time_.to_inside(beats_.back()) : first_beat;
  }
  lhs_last_turned_ = false;
  push(blocks_passed_, lhs_last_pass_, kSlots);
  const Cycles done = finish(first_beat, taker);
  if (diag_) {
    push(diag_done_, diag_takes_.back(), kDiagCommands);
  }
  diag_ = false;
  divisor_ = kNever;
  return done;
}

}  // namespace vitsim::timing
