// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "vitsim/core/units.h"

namespace vitsim::timing {

/// A block of an operand as an hw::OperandFetcher reads it and passes it on.
struct FetchBlock {
  std::int64_t reads = 0;          ///< requests of the scratchpad
  std::int64_t beats = 0;          ///< passed on, padding included
  std::int64_t padding_beats = 0;  ///< that need no read, the first ones
  std::int64_t rows_per_beat = 1;
  bool buffered = false;   ///< all of it is read before its first beat
  Cycles read_cycles = 1;  ///< that the scratchpad's port takes for a read
};

/// Earliest cycles in which one operand's beats can be passed on, block by block. Never later than
/// hw::OperandFetcher does it.
class EarliestFetch {
 public:
  /// `ports` of a scratchpad with this read latency.
  EarliestFetch(int ports, Cycles read_latency);

  /// The next command, released in cycle `released`, is taken.
  void begin(Cycles released);
  [[nodiscard]] Cycles taken() const { return taken_; }

  /// When the block's first and last beat can be passed on, if they find room.
  struct Passes {
    Cycles first = 0;  ///< padding not counted
    Cycles last = 0;
  };
  Passes block(const FetchBlock& block);
  /// The block's beats entered the array one by one, the first no sooner than in cycle `first`. To
  /// be said of each block before the next. Returns the earliest cycle in which the last one
  /// entered, as far as reads that can only be asked for behind the first say so.
  Cycles entered(const FetchBlock& block, Cycles first);
  /// The cycle in which the last read of the last block was over: the operand's token.
  [[nodiscard]] Cycles read() const { return read_; }

 private:
  std::int64_t ports_;
  Cycles latency_;
  std::int64_t limit_;  ///< reads under way
  Cycles taken_ = -1;
  Cycles ask_ = 0;          ///< of the next read
  std::int64_t asked_ = 0;  ///< reads in that cycle
  Cycles came_ = -1;        ///< the last read
  Cycles read_ = -1;
  Passes passes_;
  std::array<Cycles, 2> buffers_free_{-1, -1};  ///< the older first
};

}  // namespace vitsim::timing
