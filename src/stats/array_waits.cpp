// SPDX-License-Identifier: Apache-2.0
#include "vitsim/stats/array_waits.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vitsim::stats {

Cycles ChannelWaits::released() const {
  return std::accumulate(blocked.begin(), blocked.end(), (*this)[ChannelHold::kQueue],
                         std::minus{});
}

Cycles ChannelWaits::total() const {
  return std::accumulate(holds.begin(), holds.end(), bandwidth);
}

ArrayWaits::ArrayWaits(double peak_bytes_per_cycle, Activity& array, Activity& loads,
                       Activity& stores)
    : cycles_per_byte_(1 / peak_bytes_per_cycle), array_(array), loads_{loads}, stores_{stores} {
  for (Activity* activity : {&array, &loads, &stores}) {
    activity->set_watcher(this);
  }
}

void ArrayWaits::charge(Cycles now) {
  const std::optional<StallCause> cause = array_.cause();
  if (cause == StallCause::kWaitDmaLoad) {
    charge(loads_, now - since_);
  } else if (cause == StallCause::kWaitDmaStore) {
    charge(stores_, now - since_);
  }
  crossing_ = 0;
  since_ = now;
}

void ArrayWaits::charge(Channel& channel, Cycles cycles) const {
  const auto hold = static_cast<std::size_t>(channel.hold);
  channel.waits.holds[hold] += cycles;
  if (channel.hold != ChannelHold::kQueue) {
    channel.crossing[hold] += crossing_;
  } else if (const auto cause = channel.activity.cause()) {
    channel.waits.blocked[static_cast<std::size_t>(*cause)] += cycles;
  }
}

ChannelWaits ArrayWaits::result(const Channel& channel) {
  ChannelWaits waits = channel.waits;
  for (std::size_t hold = 0; hold < kChannelHoldCount; ++hold) {
    const Cycles crossing =
        std::min(waits.holds[hold], static_cast<Cycles>(std::llround(channel.crossing[hold])));
    waits.holds[hold] -= crossing;
    waits.bandwidth += crossing;
  }
  return waits;
}

void ArrayWaits::reset() {
  for (Channel* channel : {&loads_, &stores_}) {
    channel->hold = ChannelHold::kQueue;
    channel->waits = {};
    channel->crossing = {};
  }
  since_ = 0;
  crossing_ = 0;
}

}  // namespace vitsim::stats
