// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "vitsim/core/units.h"

namespace vitsim::timing {

/// A clock edge of another clock, counted from reset; edge 0 and cycle 0 fall together.
using Edge = std::int64_t;

/// Another clock's edges and the core's cycles, as a ratio of integers, so that no rounding ever
/// adds up: cycle c begins when edge c * edges / cycles does. Clocks are taken in steps of 0.001
/// MHz.
class ClockRatio {
 public:
  ClockRatio(double other_mhz, double core_mhz) : edges_(khz(other_mhz)), cycles_(khz(core_mhz)) {
    const std::int64_t common = std::gcd(edges_, cycles_);
    edges_ /= common;
    cycles_ /= common;
  }
  /// The first edge that is not before `cycle` begins.
  [[nodiscard]] Edge first_edge(Cycles cycle) const { return ceil_div(cycle * edges_, cycles_); }
  /// The cycle in which `edge` falls.
  [[nodiscard]] Cycles cycle_of(Edge edge) const { return edge * cycles_ / edges_; }
  /// The first cycle that begins no earlier than `edge`.
  [[nodiscard]] Cycles cycle_from(Edge edge) const { return ceil_div(edge * cycles_, edges_); }
  /// Edges in a cycle, on average.
  [[nodiscard]] double edges_per_cycle() const {
    return static_cast<double>(edges_) / static_cast<double>(cycles_);
  }

 private:
  static std::int64_t khz(double mhz) {
    return std::max<std::int64_t>(1, std::llround(mhz * 1000));
  }
  std::int64_t edges_;
  std::int64_t cycles_;
};

}  // namespace vitsim::timing
