// SPDX-License-Identifier: Apache-2.0
#include "vitsim/stats/activity.h"

#include <numeric>

#include "vitsim/stats/array_waits.h"

namespace vitsim::stats {

CycleCount& CycleCount::operator+=(const CycleCount& other) {
  busy += other.busy;
  for (std::size_t i = 0; i < stalls.size(); ++i) {
    stalls[i] += other.stalls[i];
  }
  return *this;
}

CycleCount& CycleCount::operator-=(const CycleCount& other) {
  busy -= other.busy;
  for (std::size_t i = 0; i < stalls.size(); ++i) {
    stalls[i] -= other.stalls[i];
  }
  return *this;
}

Cycles CycleCount::total() const { return std::accumulate(stalls.begin(), stalls.end(), busy); }

Activity::Reading Activity::read(Cycles now, int layer) {
  account(now);
  return {now, by_layer_[static_cast<std::size_t>(layer)], accounted_};
}

void Activity::account(Cycles now) {
  const State& state = state_.layer >= 0 ? state_ : blocked_;
  if (state.layer >= 0) {
    CycleCount& count = by_layer_[static_cast<std::size_t>(state.layer)];
    (state.cause ? count.stalls[static_cast<std::size_t>(*state.cause)] : count.busy) +=
        now - since_;
    accounted_ += now - since_;
  }
  since_ = now;
  if (watcher_ != nullptr) {
    watcher_->account(now);
  }
}

void Activity::reset() {
  by_layer_.assign(by_layer_.size(), {});
  state_ = {};
  blocked_ = {};
  since_ = 0;
  accounted_ = 0;
}

CycleCount Activity::total() const {
  CycleCount sum;
  for (const CycleCount& layer : by_layer_) {
    sum += layer;
  }
  return sum;
}

std::string_view Activity::state() const {
  const State& state = state_.layer >= 0 ? state_ : blocked_;
  if (state.layer < 0) {
    return "idle";
  }
  return state.cause ? kStallCauseNames[static_cast<std::size_t>(*state.cause)] : "busy";
}

}  // namespace vitsim::stats
