// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "vitsim/sweep/figures.h"
#include "vitsim/sweep/pareto.h"

namespace vitsim::sweep {

/// What a point costs at the least, by its estimate, whose cycles are never above a run's and whose
/// traffic is a run's. Minus infinity for an objective of which it says nothing.
Costs bounds_of(const std::vector<Objective>& objectives, const std::vector<Named>& parameters,
                const std::vector<Named>& estimate);

/// Which points of a sweep need no simulation to find its front: those of which a simulated point
/// is better than their bounds allow. What is left out is not on the front, for certain.
class ParetoSearch {
 public:
  /// Bounds of all points; none where there is no estimate.
  explicit ParetoSearch(std::vector<std::optional<Costs>> bounds);

  /// Those first that can leave out the most others.
  [[nodiscard]] std::vector<std::size_t> order() const;
  /// What a simulated point costs.
  void add(const Costs& costs);
  [[nodiscard]] bool can_reach_front(std::size_t point) const;

 private:
  std::vector<std::optional<Costs>> bounds_;
  std::vector<Costs> front_;  ///< of what was added
};

}  // namespace vitsim::sweep
