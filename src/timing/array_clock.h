// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "vitsim/config/accelerator.h"

#include "array_time.h"
#include "times.h"

namespace vitsim::timing {

/// Who takes finished sums: the earliest cycle in which the next row may be written to it, and the
/// row, written in a cycle.
struct SumTaker {
  std::function<Cycles()> room = [] { return kNever; };
  /// Returns when it takes the row's divisor, where there is one that comes in divisor().
  std::function<Cycles(Cycles written)> row = [](Cycles written) { return written; };
  bool post_processor = false;  ///< it is that
};

/// A weight-stationary array with its fetchers, accumulator buffer and SA-Diag; each method is the
/// next command, of one fold, and returns when the accumulator buffer passes on its last row.
class ArrayClock {
 public:
  explicit ArrayClock(const config::Accelerator& machine);

  /// A fold of K^T V: `k` rows of V stay, `k` rows of K go through the transpose buffer and give
  /// `beats` columns.
  Cycles turned_fold(Cycles released, std::int64_t beats, std::int64_t k, const SumTaker& taker);
  /// A tile of Q G: `k` rows of G stay, `rows` rows of Q stream. `diag_released`: SA-Diag's
  /// command, kNever where there is none.
  Cycles context_tile(Cycles released, Cycles diag_released, std::int64_t rows, std::int64_t k,
                      const SumTaker& taker);
  /// The earliest cycle in which the next command finds room in the queues of all modules of the
  /// array's pipeline, the slowest of which are the accumulator buffer and the post-processor.
  [[nodiscard]] Cycles queue_room() const;
  /// When SA-Diag gives the divisor of the row that is being taken; kNever where it gives none.
  [[nodiscard]] Cycles divisor() const { return divisor_; }

 private:
  Cycles load(Cycles released, std::int64_t k);
  void begin_diag(Cycles released);
  void diag_takes(Cycles passed, bool first, const SumTaker& taker);
  void give_divisor();
  Cycles ask_row(Cycles taken);
  void enter(Cycles passed, Cycles loaded, const SumTaker& taker);
  void deliver(const SumTaker& taker);
  Cycles finish(Cycles first_beat, const SumTaker& taker);
  void note_command(Cycles released);

  std::int64_t pe_rows_;
  Cycles latency_;       ///< through the array
  Cycles diag_latency_;  ///< through SA-Diag
  Cycles read_latency_;
  std::size_t credits_;  ///< rows that a fetcher may have asked for

  ArrayTime time_;
  // stationary operand
  Cycles rhs_asked_ = kNever;
  Times rhs_passed_;  ///< rows from memory
  Times loads_;
  Cycles rhs_last_pass_ = kNever;
  // streaming operand
  Cycles lhs_asked_ = kNever;
  Times lhs_taken_;  ///< rows out of memory
  Cycles lhs_last_taken_ = kNever;
  bool lhs_last_turned_ = true;  ///< the last row went into the transpose buffer
  Times blocks_passed_;
  Cycles lhs_last_pass_ = kNever;
  Times beats_;
  Cycles first_beat_ = kNever;  ///< of the fold before, in array time
  // sums
  Times inside_;  ///< array times in which rows leave
  Times rows_out_;
  // commands
  std::size_t queue_depth_;
  Times accumulator_takes_;
  Times post_processor_takes_;
  Times post_processor_done_;  ///< commands whose rows it finishes
  // SA-Diag
  bool diag_ = false;  ///< takes part in this command
  std::size_t divisor_slots_;
  ArrayTime diag_time_;
  Cycles diag_loaded_ = kNever;
  Cycles diag_first_ = kNever;
  Times diag_takes_;
  Times diag_done_;
  Times diag_inside_;     ///< times of its own in which sums leave
  Times divisors_there_;  ///< when they left, where their rows have not come
  Times divisors_taken_;
  std::int64_t given_ = 0;  ///< divisors in all
  std::int64_t taken_ = 0;
  Cycles divisor_ = kNever;
};

}  // namespace vitsim::timing
