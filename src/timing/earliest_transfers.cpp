// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/earliest_transfers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "vitsim/timing/dram_bandwidth.h"

namespace vitsim::timing {
namespace {

/// DRAM's rates are whole thousandths of a byte.
constexpr std::int64_t kThousand = 1000;

std::int64_t rate_of(const config::Accelerator& machine) {
  if (machine.dram.kind == config::DramKind::kIdeal) {
    return 0;
  }
  if (machine.dram.kind == config::DramKind::kSimple) {
    return std::max<std::int64_t>(1, std::llround(machine.dram.bytes_per_cycle * kThousand));
  }
  return static_cast<std::int64_t>(std::ceil(peak_bytes_per_cycle(machine) * kThousand));
}

}  // namespace

TransferSize transfer_size(Bytes address, std::int64_t rows, Bytes row_bytes, Bytes pitch,
                           bool packed, Bytes burst_bytes) {
  TransferSize size{0, rows * row_bytes};
  if (packed) {
    size.bursts = ceil_div(address % burst_bytes + size.bytes, burst_bytes);
    return size;
  }
  // Where rows begin in a burst repeats after some rows.
  const std::int64_t period = std::min(rows, burst_bytes / std::gcd(pitch, burst_bytes));
  const std::int64_t rest = rows % period;
  for (std::int64_t row = 0; row < period; ++row) {
    const std::int64_t times = rows / period + (row < rest ? 1 : 0);
    size.bursts += times * ceil_div((address + row * pitch) % burst_bytes + row_bytes, burst_bytes);
  }
  return size;
}

Cycles least_dram_latency(const config::Dram& dram) {
  return dram.kind == config::DramKind::kSimple ? dram.latency_cycles : 0;
}

EarliestTransfers::EarliestTransfers(Direction direction, const config::Accelerator& machine)
    : store_(direction == Direction::kStore),
      burst_bytes_(machine.dma.burst_bytes),
      outstanding_(machine.dma.max_outstanding),
      rate_(rate_of(machine)),
      latency_(least_dram_latency(machine.dram)),
      // A store's bytes are asked for first; a load's are written behind, and the write answered.
      before_(store_ ? 1 + machine.scratchpad.read_latency_cycles : 0),
      behind_(store_ ? 1 : 3),
      pad_cycle_bytes_(Bytes{machine.scratchpad.banks} * machine.scratchpad.bank_width_bytes) {
  for (Past& past : past_) {
    past.first = -1;
  }
}

/// When burst `index` of a transfer is over.
Cycles EarliestTransfers::answered(const Past& past, std::int64_t index) const {
  const Cycles trip = before_ + 1 + (rate_ > 0 ? 1 : 0) + latency_ + behind_;
  const Cycles begun = past.begun + index / outstanding_ * trip + index % outstanding_;
  Cycles over = begun + trip;
  if (rate_ > 0) {
    // All bursts behind it may be whole ones.
    const Bytes until =
        std::max<Bytes>(1, past.size.bytes - (past.size.bursts - 1 - index) * burst_bytes_);
    over = std::max(over, ceil_div(past.bus_begun + until * kThousand, rate_) + latency_ + behind_);
  }
  return over;
}

/// When as many bursts before `burst` are over as must be.
Cycles EarliestTransfers::room_for(std::int64_t burst) const {
  const std::int64_t over = burst - outstanding_;
  if (over < 0) {
    return 0;
  }
  for (std::size_t back = 0; back < past_.size(); ++back) {
    const Past& past = past_[(newest_ + past_.size() - back) % past_.size()];
    if (past.first < 0) {
      break;
    }
    if (over >= past.first) {
      return answered(past, std::min(over - past.first, past.size.bursts - 1));
    }
  }
  return 0;
}

Cycles EarliestTransfers::transfer(Cycles released, const TransferSize& size) {
  const std::int64_t n = size.bursts;
  taken_ = std::max(released + 1, next_begin_);
  const Cycles begun = std::max(taken_, room_for(bursts_));
  Past now{bursts_, size, begun, 0};
  const Cycles arrives = begun + before_ + 1;
  now.bus_begun = std::max(bus_, arrives * rate_);
  newest_ = (newest_ + 1) % past_.size();
  past_[newest_] = now;

  // Begun: one a cycle, a round trip behind the one that is as far ahead as there may be.
  const Cycles trip = before_ + 1 + (rate_ > 0 ? 1 : 0) + latency_ + behind_;
  const Cycles last_begun =
      std::max({begun + (n - 1) / outstanding_ * trip + (n - 1) % outstanding_, begun + n - 1,
                room_for(bursts_ + n - 1)});
  next_begin_ = last_begun + 1;
  Cycles end = last_begun + trip;
  if (rate_ > 0) {
    bus_ = std::max(now.bus_begun + size.bytes * kThousand,
                    (last_begun + before_ + 1) * rate_ + kThousand);
    end = std::max(end, ceil_div(bus_, rate_) + latency_ + behind_);
    // Of the bursts that wait for each other, as many chains as may be under way, the longest is no
    // shorter than the mean.
    const Cycles waits = before_ + 1 + latency_ + behind_;
    const std::int64_t chains = (n * waits * rate_ + size.bytes * kThousand) / rate_ / outstanding_;
    end = std::max(end, begun + chains);
  }
  // The scratchpad's port, in order: behind DRAM or, of a store, before it.
  const Cycles port = std::max<Cycles>(n, ceil_div(size.bytes, pad_cycle_bytes_));
  if (store_) {
    port_free_ = std::max(begun, port_free_) + port;
    last_end_ = std::max({end, last_end_, port_free_ + trip - 1});
  } else {
    last_end_ = std::max({end, last_end_ + port, begun + trip - 1 + port});
  }
  bursts_ += n;
  return last_end_;
}

}  // namespace vitsim::timing
