// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "vitsim/core/units.h"
#include "vitsim/stats/activity.h"

namespace vitsim::stats {

/// What holds a channel of the DMA.
enum class ChannelHold {
  kQueue,        ///< no command: the next one has not been released
  kLatency,      ///< DRAM: all that may be asked for is on its way
  kOutstanding,  ///< DRAM, and as many bursts are on their way as may be
  kScratchpad,   ///< the scratchpad's side
};
inline constexpr std::size_t kChannelHoldCount = 4;

/// What a channel was held by in the cycles in which the array waited for it.
struct ChannelWaits {
  std::array<Cycles, kChannelHoldCount> holds{};   ///< by ChannelHold, but for `bandwidth`
  Cycles bandwidth = 0;                            ///< bursts crossed, as fast as they can
  std::array<Cycles, kStallCauseCount> blocked{};  ///< of kQueue: what its next command waits for
  [[nodiscard]] Cycles operator[](ChannelHold hold) const {
    return holds[static_cast<std::size_t>(hold)];
  }
  /// Cycles of kQueue in which its next command waits for nothing: it is on its way, or done.
  [[nodiscard]] Cycles released() const;
  [[nodiscard]] Cycles total() const;
};

/// Looks behind the array's waits for loads and stores: what was the DMA doing then?
///
/// A cycle in which the array waits is charged to what holds the channel. Of the cycles that are
/// charged to DRAM or to the scratchpad, those in which bursts, of either channel, kept DRAM busy
/// are bandwidth: a burst takes its bytes / peak, and at least the cycle in which the DMA sends it.
/// So in a run of loads that DRAM answers at its full rate all is bandwidth, though there is
/// latency, too, and bursts are outstanding.
class ArrayWaits {
 public:
  /// Watches the three from now on; all must outlive this.
  ArrayWaits(double peak_bytes_per_cycle, Activity& array, Activity& loads, Activity& stores);
  ArrayWaits(const ArrayWaits&) = delete;
  ArrayWaits& operator=(const ArrayWaits&) = delete;

  /// From `now` on.
  void hold_loads(Cycles now, ChannelHold hold) { set(now, loads_.hold, hold); }
  void hold_stores(Cycles now, ChannelHold hold) { set(now, stores_.hold, hold); }
  /// A burst of so many bytes has crossed.
  void moved(Cycles now, Bytes bytes) {
    account(now);
    crossing_ += std::max(1.0, static_cast<double>(bytes) * cycles_per_byte_);
  }
  /// Accounts for all cycles before `now`; each change of what is watched comes with a call.
  void account(Cycles now) {
    if (now != since_) {  // what changes twice in a cycle has lasted for none
      charge(now);
    }
  }
  void reset();

  [[nodiscard]] ChannelWaits loads() const { return result(loads_); }
  [[nodiscard]] ChannelWaits stores() const { return result(stores_); }

 private:
  struct Channel {
    const Activity& activity;
    ChannelHold hold = ChannelHold::kQueue;
    ChannelWaits waits{};
    std::array<double, kChannelHoldCount> crossing{};  ///< cycles that bursts took, by hold
  };
  void set(Cycles now, ChannelHold& hold, ChannelHold next) {
    if (hold != next) {
      account(now);
      hold = next;
    }
  }
  void charge(Cycles now);
  void charge(Channel& channel, Cycles cycles) const;
  [[nodiscard]] static ChannelWaits result(const Channel& channel);

  double cycles_per_byte_;
  const Activity& array_;
  Channel loads_;
  Channel stores_;
  Cycles since_ = 0;
  double crossing_ = 0;  ///< cycles that bursts since then took
};

}  // namespace vitsim::stats
