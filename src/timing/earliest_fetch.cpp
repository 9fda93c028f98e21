// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/earliest_fetch.h"

#include <algorithm>

namespace vitsim::timing {
namespace {

/// Rows a port that wait in a fetcher besides those on their way (hw/rows.h).
constexpr Cycles kWaitingRows = 4;
/// Beats that the stream to the array holds.
constexpr std::int64_t kSlots = 2;

}  // namespace

EarliestFetch::EarliestFetch(int ports, Cycles read_latency)
    : ports_(ports), latency_(read_latency), limit_(ports * (read_latency + 1 + kWaitingRows)) {}

void EarliestFetch::begin(Cycles released) {
  taken_ = std::max(released + 1, asked_ > 0 ? ask_ + 1 : ask_);
  ask_ = taken_;
  asked_ = 0;
}

EarliestFetch::Passes EarliestFetch::block(const FetchBlock& block) {
  const Cycles first_ask = ask_;
  asked_ += block.reads;
  const Cycles last_ask = ask_ + (asked_ - 1) / ports_;
  ask_ += asked_ / ports_;
  asked_ %= ports_;
  const Cycles before = came_;
  const Cycles way = block.read_cycles + latency_;
  came_ = std::max({last_ask + way, before + block.reads / ports_ * block.read_cycles,
                    first_ask + ceil_div(block.reads, ports_) * block.read_cycles + latency_});
  if (!block.buffered) {
    passes_.first = std::max(first_ask + way, before + (ports_ == 1 ? block.read_cycles : 0));
    passes_.last = std::max(came_, passes_.first + block.beats - block.padding_beats - 1);
    return passes_;
  }
  // A block of the buffer is free when the last but one has been passed on. Rows that came before
  // wait, as many as may be under way.
  const Cycles free = buffers_free_[0];
  came_ = std::max(came_, free + ceil_div(block.reads, ports_) - 1);
  if (block.reads > limit_) {
    const std::int64_t behind = ceil_div(block.reads - limit_, ports_);
    came_ = std::max(came_, free + behind * block.read_cycles + latency_);
  }
  passes_ = {came_ + 1, came_ + block.beats};
  return passes_;
}

Cycles EarliestFetch::entered(const FetchBlock& block, Cycles first) {
  const auto enters = [&](std::int64_t beat) { return first + beat; };
  Cycles last = enters(block.beats - 1);
  Cycles passed = passes_.last;
  if (block.beats > kSlots) {
    passed = std::max(passed, enters(block.beats - 1 - kSlots) + 1);
  }
  if (block.buffered) {
    buffers_free_ = {buffers_free_[1], passed};
    read_ = came_;
    return std::max(last, passed + 1);
  }
  // Reads behind those that can be under way or wait in the stream.
  const std::int64_t ahead = limit_ + kSlots * block.rows_per_beat;
  if (block.reads > ahead) {
    const std::int64_t behind = ceil_div(block.reads - ahead, ports_);
    const Cycles asked = enters(block.padding_beats) + 1;
    came_ = std::max(came_, asked + behind * block.read_cycles + latency_);
    passed = std::max(passed, came_);
    // The last read is asked for when the one that is `limit_` before it is passed on.
    const std::int64_t beat = (block.reads - 1 - limit_) / block.rows_per_beat - kSlots;
    if (beat >= 0 && ports_ == 1) {
      ask_ = std::max(ask_, enters(block.padding_beats + beat) + 2);
    }
  }
  read_ = passed;
  return std::max(last, passed + 1);
}

}  // namespace vitsim::timing
