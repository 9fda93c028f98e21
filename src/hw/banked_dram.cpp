// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/banked_dram.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "vitsim/timing/dram_bandwidth.h"

namespace vitsim::hw {

BankedDram::BankedDram(const config::Accelerator& machine, const config::DramDevice& device,
                       stats::Group& stats)
    : counters_(stats),
      peak_(stats.counter("peak_bytes_per_kilocycle",
                          "what the data buses can move in 1,000 core cycles")),
      clocks_(device.clock_mhz, machine.clock_mhz),
      map_(device, machine.dram.address_mapping),
      burst_bytes_(device.burst_bytes()),
      bursts_(device.capacity() / device.burst_bytes()),
      least_latency_(std::min(device.tcl_clocks, device.tcwl_clocks) + device.burst_clocks()),
      peak_per_kilocycle_(
          std::llround(1000 * timing::bus_bytes_per_cycle(device, machine.clock_mhz))) {
  channels_.reserve(static_cast<std::size_t>(device.channels));
  for (int i = 0; i < device.channels; ++i) {
    channels_.emplace_back(device, machine.dram, counters_);
  }
  peak_ += peak_per_kilocycle_;
}

void BankedDram::begin(int number, bool write, Bytes address, Bytes size, Cycles now) {
  const auto index = static_cast<std::size_t>(number);
  if (index >= open_.size()) {
    open_.resize(index + 1);
  }
  entering_ = number;
  entering_writes_ = write;
  next_burst_ = address / burst_bytes_;
  end_burst_ = ceil_div(address + size, burst_bytes_);
  open_[index] = {end_burst_ - next_burst_, 0, accesses_++};
  enter(now);
}

void BankedDram::enter(Cycles now) {
  const Edge from = clocks_.first_edge(now + 1);
  for (; next_burst_ < end_burst_; ++next_burst_) {
    // What lies beyond the end is an address error, found where the bytes are.
    const DramAddress at = map_(next_burst_ % bursts_);
    DramChannel& channel = channels_[static_cast<std::size_t>(at.channel)];
    run(channel, from);
    if (channel.full()) {
      return;
    }
    channel.push({entering_, at.bank, at.row, entering_writes_}, from);
  }
}

void BankedDram::run(DramChannel& channel, Edge limit) {
  done_.clear();
  channel.run_until(limit, done_);
  for (const DramChannel::Done& burst : done_) {
    Open& open = open_[static_cast<std::size_t>(burst.number)];
    open.done = std::max(open.done, burst.edge);
    // An access that is still entering has bursts that are not done.
    if (--open.bursts == 0) {
      answers_.push_back({clocks_.cycle_from(open.done), open.order, burst.number});
      std::ranges::push_heap(answers_, std::greater{});
    }
  }
}

void BankedDram::advance(Cycles now) {
  const Edge limit = clocks_.first_edge(now + 1);
  for (DramChannel& channel : channels_) {
    if (!channel.idle()) {
      run(channel, limit);
    }
  }
  enter(now);
}

int BankedDram::pop_done(Cycles now) {
  if (answers_.empty() || answers_.front().due > now) {
    return -1;
  }
  std::ranges::pop_heap(answers_, std::greater{});
  const int number = answers_.back().number;
  answers_.pop_back();
  return number;
}

Cycles BankedDram::next_cycle() {
  Edge first = DramChannel::kNever;
  for (DramChannel& channel : channels_) {
    first = std::min(first, channel.next_edge());
  }
  Cycles next = answers_.empty() ? kNever : answers_.front().due;
  if (first != DramChannel::kNever) {
    // Whatever the next command is, its data or those of a later one end no sooner.
    next = std::min(next, clocks_.cycle_from(first + least_latency_));
    if (!accepts()) {
      const DramAddress at = map_(next_burst_ % bursts_);
      DramChannel& awaited = channels_[static_cast<std::size_t>(at.channel)];
      next = std::min(next, clocks_.cycle_of(awaited.next_edge()));
    }
  }
  return next;
}

void BankedDram::reset() {
  for (DramChannel& channel : channels_) {
    channel.reset();
  }
  answers_.clear();
  next_burst_ = 0;
  end_burst_ = 0;
  accesses_ = 0;
  peak_ += peak_per_kilocycle_;
}

}  // namespace vitsim::hw
