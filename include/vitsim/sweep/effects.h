// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "vitsim/sweep/value.h"

namespace vitsim::sweep {

/// A parameter over the points of a sweep: the values that it takes, and which of them each point
/// has.
struct Levels {
  static constexpr std::int32_t kAbsent = -1;
  std::vector<Value> values;            ///< each once: numbers upwards, then words
  std::vector<std::int32_t> of_points;  ///< a place in `values`, or kAbsent
};
/// Numbers that are not finite count as absent.
Levels levels_of(std::span<const std::optional<Value>> column);

/// What a parameter's value does to an objective.
struct Effect {
  double mean = 0;          ///< over the points with this value; 0 where there are none
  std::int64_t points = 0;  ///< that have it, and a number for the objective
};
/// For each value of the parameter. The objective is NaN where a point has none.
std::vector<Effect> main_effects(const Levels& parameter, std::span<const double> objective);

/// What a step of a machine's size, such as from 256 to 512 KiB, changes of an objective for each
/// unit of size.
struct MarginalCost {
  double from = 0;
  double to = 0;
  std::int64_t pairs = 0;  ///< of sizes that were compared
  double mean = 0;         ///< (objective at `to` - objective at `from`) / (to - from)
  double least = 0;
  double largest = 0;
};
/// Compares points that are equal in all of `others`: each size with the next that they have, the
/// mean of points of one size (as 32 x 64 and 64 x 32 PEs). In the order of the steps. Points whose
/// size or objective is NaN do not count.
std::vector<MarginalCost> marginal_costs(std::span<const Levels* const> others,
                                         std::span<const double> sizes,
                                         std::span<const double> objective);

}  // namespace vitsim::sweep
