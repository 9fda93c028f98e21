// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"

namespace vitsim::timing {

/// What a transfer between DRAM and scratchpad consists of.
struct TransferSize {
  std::int64_t bursts = 0;
  Bytes bytes = 0;
};

/// Cuts `rows` runs of `row_bytes`, `pitch` apart from `address` on, into bursts, none of which
/// crosses a multiple of `burst_bytes`. Rows that lie packed count as one run (hw::BurstWalk).
TransferSize transfer_size(Bytes address, std::int64_t rows, Bytes row_bytes, Bytes pitch,
                           bool packed, Bytes burst_bytes);

/// From a burst that enters DRAM to its answer, at the least, without its way over the bus.
Cycles least_dram_latency(const config::Dram& dram);

/// Earliest cycles of the transfers of one DMA channel, one after the other: a burst a cycle enters
/// DRAM; bytes cross the bus at `bytes_per_cycle`, and this channel has it for itself; no more than
/// max_outstanding bursts are under way; the scratchpad takes or gives a burst a cycle or slower.
/// Never later than hw::Dma does it.
class EarliestTransfers {
 public:
  enum class Direction { kLoad, kStore };
  EarliestTransfers(Direction direction, const config::Accelerator& machine);

  /// The next transfer, released in cycle `released`: the cycle in which its token is set.
  Cycles transfer(Cycles released, const TransferSize& size);
  /// When the channel took that command.
  [[nodiscard]] Cycles taken() const { return taken_; }

 private:
  /// A transfer whose bursts may still be under way when later ones begin.
  struct Past {
    std::int64_t first = 0;  ///< running number of its first burst
    TransferSize size;
    Cycles begun = 0;
    std::int64_t bus_begun = 0;
  };
  [[nodiscard]] Cycles answered(const Past& past, std::int64_t index) const;
  [[nodiscard]] Cycles room_for(std::int64_t burst) const;

  bool store_;
  Bytes burst_bytes_;
  std::int64_t outstanding_;
  std::int64_t rate_;      ///< thousandths of a byte a cycle; 0: no limit
  Cycles latency_;         ///< of DRAM
  Cycles before_;          ///< from a burst's begin to its entry into DRAM
  Cycles behind_;          ///< from DRAM's answer to the burst's end
  Bytes pad_cycle_bytes_;  ///< that the scratchpad moves for a port in a cycle
  Cycles taken_ = -1;
  Cycles next_begin_ = 0;
  std::int64_t bus_ = 0;  ///< thousandths of bytes since cycle 0 at full rate
  Cycles last_end_ = -1;
  Cycles port_free_ = 0;  ///< of a store's reads
  std::int64_t bursts_ = 0;
  std::array<Past, 8> past_{};  ///< a ring
  std::size_t newest_ = 0;
};

}  // namespace vitsim::timing
