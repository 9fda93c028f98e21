// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/model/graph.h"
#include "vitsim/timing/array.h"
#include "vitsim/timing/earliest_fetch.h"
#include "vitsim/timing/earliest_rows.h"

namespace vitsim::timing {

/// What follows a tile's sums.
struct SumFinish {
  bool completes = true;          ///< else the accumulator buffer keeps them
  bool to_post_processor = true;  ///< else another unit takes the rows
  Cycles params_cycles = 0;       ///< of the scratchpad's port for the table; 0: there is none
  Cycles residual_cycles = 0;     ///< for a row of the residual
  Cycles write_cycles = 1;        ///< for a row of results
};

/// Earliest cycles of the commands of the array's pipeline: fetchers, array, accumulator buffer,
/// sum transposer, post-processor. A command is begun, its folds are loaded and streamed block by
/// block in the order of mapping::OperandWalk, then it is finished. Never later than the modules do
/// it.
class EarliestProducts {
 public:
  explicit EarliestProducts(const config::Accelerator& machine);

  void begin(Cycles released, const model::GemmShape& tile);
  /// The stationary operand of the next fold enters; of a row-wise array, its block of tokens.
  void load(const FetchBlock& block);
  /// Beats of a fold whose operand is loaded; `first` and `last` of the fold's.
  void stream(const FetchBlock& block, bool first, bool last);
  /// The next `pairs` of beats of both operands, for an array that holds sums. Blocks of operands
  /// may begin and end with them.
  struct PairSide {
    const FetchBlock* block = nullptr;
    bool begins = false;
    bool ends = false;
  };
  void stream_pairs(std::int64_t pairs, const PairSide& lhs, const PairSide& rhs, bool first,
                    bool last);

  /// All is streamed: the cycle in which the command's token is set.
  Cycles finish(const SumFinish& what);
  /// Tokens of the operands.
  [[nodiscard]] Cycles lhs_read() const { return lhs_.read(); }
  [[nodiscard]] Cycles rhs_read() const { return rhs_.read(); }
  /// Rows of sums, written to the stream of the unit that takes them.
  [[nodiscard]] const RowTimes& rows_out() const { return rows_out_; }
  /// That unit takes the first row in cycle `first`, the next ones no sooner than `every` cycles
  /// behind each other: the cycle in which the command's token is set.
  Cycles rows_taken(Cycles first, Cycles every);
  /// When the slowest module took the command as many before the next, for room in the queues.
  [[nodiscard]] Cycles queue_taken(std::int64_t back) const {
    return commands_ < back ? -1 : taken_[static_cast<std::size_t>(commands_ - back) % kQueued];
  }

 private:
  EarliestFetch& stationary() { return columns_ ? lhs_ : rhs_; }
  EarliestFetch& streaming() { return columns_ ? rhs_ : lhs_; }
  void begin_fold(Cycles& beat);
  void end_fold();
  Cycles post_process(const SumFinish& what);
  void turn();
  [[nodiscard]] Cycles behind_late_sums(std::int64_t beat) const;

  const config::Accelerator& machine_;
  ArrayType type_;
  bool columns_;  ///< sums leave as columns
  Cycles latency_;
  EarliestFetch lhs_;
  EarliestFetch rhs_;
  // command
  Cycles released_ = -1;
  model::GemmShape tile_;
  std::int64_t fold_ = 0;
  // array
  Cycles last_load_ = -1;
  Cycles first_beat_ = -1;  ///< of the fold before; -1: there is none
  Cycles last_beat_ = -1;
  Cycles last_pair_ = -1;  ///< of the fold before, where the array holds sums
  Cycles last_left_ = -1;  ///< sums
  std::int64_t streamed_ = 0;
  Cycles lhs_beat_ = 0;  ///< the first of the block, where the array holds sums
  Cycles rhs_beat_ = 0;
  FetchBlock tokens_;  ///< of a row-wise array
  // sums
  RowTimes pass_{-1, -1};  ///< rows that the accumulator buffer took in this pass
  RowTimes rows_out_;
  std::array<Cycles, 2> turned_{-1, -1};  ///< the last row left a buffer; the older first
  // post-processor
  Cycles lanes_free_ = 0;
  Cycles reads_came_ = -1;
  Cycles last_written_ = -1;
  std::array<Cycles, 2> finished_{-1,
                                  -1};  ///< the last rows of the commands before, the older first
  // commands in the queues
  static constexpr std::size_t kQueued = 32;
  std::array<Cycles, kQueued> taken_{};
  std::int64_t commands_ = 0;
  /// Sums that the array may have to wait for: who takes them takes the first in `first`, the next
  /// ones `every` cycles behind each other.
  struct Late {
    Cycles first = 0;
    Cycles every = 0;
    std::int64_t rows = 0;
  } late_;
};

}  // namespace vitsim::timing
