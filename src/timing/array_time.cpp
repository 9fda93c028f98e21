// SPDX-License-Identifier: Apache-2.0
#include "array_time.h"

#include <algorithm>
#include <iterator>

namespace vitsim::timing {

Cycles ArrayTime::to_cycle(Cycles inside) const {
  const auto behind = std::ranges::upper_bound(stills_, inside, {}, &Still::inside);
  if (behind == stills_.begin()) {
    return inside;
  }
  const Still& last = *std::prev(behind);
  return inside + last.before + (last.end - last.from);
}

Cycles ArrayTime::to_inside(Cycles cycle) const {
  const auto behind = std::ranges::upper_bound(stills_, cycle, {}, &Still::end);
  if (behind == stills_.begin()) {
    return cycle;
  }
  const Still& last = *std::prev(behind);
  return cycle - last.before - (last.end - last.from);
}

Cycles ArrayTime::running(Cycles cycle) const {
  const auto next = std::ranges::upper_bound(stills_, cycle, {}, &Still::end);
  return next != stills_.end() && next->from <= cycle ? next->end : cycle;
}

void ArrayTime::stand_still(Cycles inside, Cycles cycles) {
  const Cycles from = to_cycle(inside);
  stills_.push_back({inside, from, from + cycles, from - inside});
}

}  // namespace vitsim::timing
