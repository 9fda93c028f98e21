// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/program.h"
#include "vitsim/timing/earliest_transfers.h"

namespace vitsim::mapping {

/// Channels of the DMA each way, at the most.
inline constexpr std::size_t kMostChannels = 4;

/// How many loads and stores are over when something happens: a channel works in order. Not known
/// where there are several channels each way.
struct TransfersOver {
  std::int32_t loads = 0;
  std::int32_t stores = 0;
  void merge(const TransfersOver& other) {
    loads = std::max(loads, other.loads);
    stores = std::max(stores, other.stores);
  }
};

/// The DMA's channels and DRAM's bus, which they share. In which order bursts of two channels cross
/// it is not known beforehand, but for transfers that waited for each other.
class TransferSchedule {
 public:
  explicit TransferSchedule(const config::Accelerator& machine);

  struct Times {
    Cycles taken = 0;
    Cycles done = 0;
    std::int64_t bursts = 0;
    Bytes bytes = 0;
  };
  /// The next transfer of its channel. `over`: what was over when it was released; on return what
  /// is when it is done.
  Times transfer(Cycles released, const Command& command, const Transfer& transfer,
                 TransfersOver& over);

  /// When all bytes have crossed the bus.
  [[nodiscard]] Cycles all_crossed() const { return loads_.front().clock.bus_cycle(bus_.end()); }

 private:
  struct Channel {
    timing::EarliestTransfers clock;
    std::vector<timing::EarliestTransfers::Crossing> crossings{};
    std::int32_t known = 0;  ///< transfers of the other channel that it waited for
  };
  Bytes burst_bytes_;
  std::vector<Channel> loads_;
  std::vector<Channel> stores_;
  timing::SharedWork bus_;
};

}  // namespace vitsim::mapping
