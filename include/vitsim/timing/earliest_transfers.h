// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/timing/shared_work.h"

namespace vitsim::timing {

/// What a transfer reads or writes in DRAM: `rows` runs of `row_bytes`, `pitch` apart from
/// `address` on. Rows that lie packed in both memories are one run (hw::BurstWalk).
struct Runs {
  Bytes address = 0;
  std::int64_t rows = 0;
  Bytes row_bytes = 0;
  Bytes pitch = 0;
};

/// Bursts of a transfer, none of which crosses a multiple of `burst_bytes`.
std::int64_t burst_count(const Runs& runs, Bytes burst_bytes);

/// From a burst that enters DRAM to its answer, at the least, without its way over the bus.
Cycles least_dram_latency(const config::Dram& dram);

/// Earliest cycles of the transfers of one DMA channel, one after the other: a burst a cycle enters
/// DRAM; bytes cross the bus at its bandwidth; no more than max_outstanding bursts are under way;
/// the scratchpad takes or gives a burst a cycle or slower. Other channels use the bus, too, but
/// only what is known to have crossed it before counts. Never later than hw::Dma does it.
class EarliestTransfers {
 public:
  enum class Direction { kLoad, kStore };
  EarliestTransfers(Direction direction, const config::Accelerator& machine);

  /// The next transfer, released in cycle `released`: the cycle in which its token is set.
  Cycles transfer(Cycles released, const Runs& runs);
  /// Bursts of that transfer.
  [[nodiscard]] std::int64_t bursts() const { return past_[newest_].bursts; }
  /// When its first byte could cross the bus, in the bus's own units, and what all took.
  struct Crossing {
    std::int64_t from = 0;
    std::int64_t work = 0;
  };
  [[nodiscard]] Crossing crossing() const { return crossing_; }
  /// A transfer of another channel is over before the next one of this begins.
  void crossed_before(const Crossing& other) { bus_.add(other.from, other.work); }
  /// The cycle in which the bus has moved `work`, in its units.
  [[nodiscard]] Cycles bus_cycle(std::int64_t work) const {
    return rate_ > 0 ? ceil_div(work, rate_) : 0;
  }
  /// When the channel took that command.
  [[nodiscard]] Cycles taken() const { return taken_; }

 private:
  /// A transfer whose bursts may still be under way when later ones begin.
  struct Past {
    std::int64_t first = 0;  ///< running number of its first burst
    std::int64_t bursts = 0;
    Bytes bytes = 0;
    Cycles begun = 0;
    std::int64_t bus_begun = 0;
  };
  [[nodiscard]] Cycles answered(const Past& past, std::int64_t index) const;
  [[nodiscard]] Cycles room_for(std::int64_t burst) const;
  Cycles as_a_whole(const Past& now);
  Cycles burst_by_burst(const Runs& runs, Cycles begun);

  bool store_;
  Bytes burst_bytes_;
  std::int64_t outstanding_;
  std::int64_t rate_;      ///< thousandths of a byte a cycle; 0: no limit
  Cycles latency_;         ///< of DRAM
  Cycles before_;          ///< from a burst's begin to its entry into DRAM
  Cycles behind_;          ///< from DRAM's answer to the burst's end
  Cycles trip_;            ///< all of these, with a cycle on the bus
  Bytes pad_cycle_bytes_;  ///< that the scratchpad moves for a port in a cycle
  Cycles taken_ = -1;
  Cycles next_begin_ = 0;
  SharedWork bus_;  ///< in thousandths of bytes; cycle t is t times the rate
  Crossing crossing_;
  Cycles last_end_ = -1;
  Cycles port_free_ = 0;  ///< of a store's reads
  std::int64_t bursts_ = 0;
  std::array<Past, 8> past_{};  ///< a ring
  std::size_t newest_ = 0;
  /// With few bursts under way each one counts: a ring of their ends.
  static constexpr std::size_t kFew = 16;
  std::array<Cycles, kFew> ends_{};
  std::int64_t own_bus_ = 0;
};

}  // namespace vitsim::timing
