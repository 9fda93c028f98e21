// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <limits>

#include "vitsim/core/units.h"

/// What the recurrences of timing/taylor.h have in common with each other: the times of events, and
/// the distances that hw's contracts fix.
namespace vitsim::timing {

/// Long before reset.
inline constexpr Cycles kNever = std::numeric_limits<Cycles>::min() / 4;

/// The latest times of events, oldest first.
using Times = std::deque<Cycles>;
inline void push(Times& times, Cycles time, std::size_t keep) {
  times.push_back(time);
  if (times.size() > keep) {
    times.pop_front();
  }
}

/// From a write to the token that it sets.
inline constexpr Cycles kWriteToToken = 2;

/// The entry `back` places before the end; long ago where there are not as many.
inline Cycles before_end(const Times& times, std::size_t back) {
  return times.size() < back ? kNever : times[times.size() - back];
}

/// From a request to the arbiter; its data come the memory's read latency later.
inline constexpr Cycles kAsked = 1;
/// A stream's two slots: a beat goes in when the one before the last has been taken.
inline constexpr std::size_t kSlots = 2;

}  // namespace vitsim::timing
