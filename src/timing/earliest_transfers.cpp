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

std::int64_t burst_count(const Runs& runs, Bytes burst_bytes) {
  // Where rows begin in a burst repeats after some rows. Begun at its edge, a row takes `whole`
  // bursts and `rest` bytes.
  const std::int64_t period = std::min(runs.rows, burst_bytes / std::gcd(runs.pitch, burst_bytes));
  const std::int64_t periods = runs.rows / period;
  const std::int64_t more = runs.rows % period;
  const std::int64_t whole = runs.row_bytes / burst_bytes;
  const Bytes rest = runs.row_bytes % burst_bytes;
  const Bytes step = runs.pitch % burst_bytes;
  Bytes begin = runs.address % burst_bytes;
  std::int64_t bursts = runs.rows * whole;
  for (std::int64_t row = 0; row < period; ++row) {
    const Bytes end = begin + rest;
    const std::int64_t parts = end > burst_bytes ? 2 : (end > 0 ? 1 : 0);
    bursts += (periods + (row < more ? 1 : 0)) * parts;
    begin += step;
    begin -= begin >= burst_bytes ? burst_bytes : 0;
  }
  return bursts;
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
      trip_(before_ + 1 + (rate_ > 0 ? 1 : 0) + latency_ + behind_),
      pad_cycle_bytes_(Bytes{machine.scratchpad.banks} * machine.scratchpad.bank_width_bytes) {
  for (Past& past : past_) {
    past.first = -1;
  }
  ends_.fill(-1);
}

/// When burst `index` of a transfer is over.
Cycles EarliestTransfers::answered(const Past& past, std::int64_t index) const {
  const Cycles begun = past.begun + index / outstanding_ * trip_ + index % outstanding_;
  Cycles over = begun + trip_;
  if (rate_ > 0) {
    // All bursts behind it may be whole ones.
    const Bytes until = std::max<Bytes>(1, past.bytes - (past.bursts - 1 - index) * burst_bytes_);
    over = std::max(over, bus_cycle(past.bus_begun + until * kThousand) + latency_ + behind_);
  }
  return over;
}

/// When as many bursts before `burst` are over as must be.
Cycles EarliestTransfers::room_for(std::int64_t burst) const {
  const std::int64_t over = burst - outstanding_;
  for (std::size_t back = 0; over >= 0 && back < past_.size(); ++back) {
    const Past& past = past_[(newest_ + past_.size() - back) % past_.size()];
    if (past.first >= 0 && over >= past.first) {
      return answered(past, std::min(over - past.first, past.bursts - 1));
    }
  }
  return 0;
}

/// The end of its last burst, where it matters little which bursts wait for which.
Cycles EarliestTransfers::as_a_whole(const Past& now) {
  // Begun: one a cycle, a round trip behind the one that is as far ahead as there may be.
  const std::int64_t n = now.bursts;
  const Cycles last_begun =
      std::max({now.begun + (n - 1) / outstanding_ * trip_ + (n - 1) % outstanding_,
                now.begun + n - 1, room_for(now.first + n - 1)});
  next_begin_ = last_begun + 1;
  return last_begun + trip_;
}

/// The same, exactly but for what other channels do.
Cycles EarliestTransfers::burst_by_burst(const Runs& runs, Cycles begun) {
  Cycles end = 0;
  std::int64_t burst = bursts_;
  Cycles begin = begun;
  for (std::int64_t row = 0; row < runs.rows; ++row) {
    for (Bytes done = 0; done < runs.row_bytes;) {
      const Bytes address = runs.address + row * runs.pitch + done;
      const Bytes size = std::min(runs.row_bytes - done, burst_bytes_ - address % burst_bytes_);
      Cycles& last = ends_[static_cast<std::size_t>(burst % outstanding_)];
      begin = std::max(begin, last);
      // Loads leave through one port; stores may be answered in the same cycle.
      end = std::max(store_ ? end : end + 1, begin + trip_);
      if (rate_ > 0) {
        own_bus_ = std::max(own_bus_, (begin + before_ + 1) * rate_) + size * kThousand;
        end = std::max(end, bus_cycle(own_bus_) + latency_ + behind_);
      }
      last = end;
      ++begin;
      ++burst;
      done += size;
    }
  }
  next_begin_ = begin;
  return end;
}

Cycles EarliestTransfers::transfer(Cycles released, const Runs& runs) {
  const bool few = outstanding_ <= static_cast<std::int64_t>(kFew);
  Past now{bursts_, burst_count(runs, burst_bytes_), runs.rows * runs.row_bytes, 0, 0};
  taken_ = std::max(released + 1, next_begin_);
  now.begun = few ? taken_ : std::max(taken_, room_for(bursts_));
  crossing_ = {(now.begun + before_ + 1) * rate_, rate_ > 0 ? now.bytes * kThousand : 0};
  bus_.add(crossing_.from, crossing_.work);
  now.bus_begun = bus_.end() - crossing_.work;
  newest_ = (newest_ + 1) % past_.size();
  past_[newest_] = now;
  Cycles end = few ? burst_by_burst(runs, now.begun) : as_a_whole(now);
  if (rate_ > 0) {
    end = std::max(end, bus_cycle(bus_.end()) + latency_ + behind_);
  }
  // The scratchpad's port, in order: behind DRAM or, of a store, before it.
  const Cycles port = std::max<Cycles>(now.bursts, ceil_div(now.bytes, pad_cycle_bytes_));
  if (store_) {
    port_free_ = std::max(now.begun, port_free_) + port;
    last_end_ = std::max({end, last_end_, port_free_ + trip_ - 1});
  } else {
    last_end_ = std::max({end, last_end_ + port, now.begun + trip_ - 1 + port});
  }
  bursts_ += now.bursts;
  return last_end_;
}

}  // namespace vitsim::timing
