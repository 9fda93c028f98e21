// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/effects.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <unordered_map>
#include <utility>

namespace vitsim::sweep {
namespace {

bool is_absent(const std::optional<Value>& value) {
  const auto* number = value ? std::get_if<double>(&*value) : nullptr;
  return !value || (number != nullptr && !std::isfinite(*number));
}

/// The points that have a size and an objective, those that are equal but for their size side by
/// side, from the smallest on.
std::vector<std::size_t> ordered(std::span<const Levels* const> others,
                                 std::span<const double> sizes, std::span<const double> objective) {
  std::vector<std::size_t> points;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (std::isfinite(sizes[i]) && std::isfinite(objective[i])) {
      points.push_back(i);
    }
  }
  std::ranges::stable_sort(points, [&](std::size_t a, std::size_t b) {
    for (const Levels* other : others) {
      if (other->of_points[a] != other->of_points[b]) {
        return other->of_points[a] < other->of_points[b];
      }
    }
    return sizes[a] < sizes[b];
  });
  return points;
}

bool are_equal(std::span<const Levels* const> others, std::size_t a, std::size_t b) {
  return std::ranges::all_of(
      others, [&](const Levels* other) { return other->of_points[a] == other->of_points[b]; });
}

/// The costs of steps, each with the sum in the place of the mean.
using Steps = std::map<std::pair<double, double>, MarginalCost>;

void add(Steps& steps, double from, double to, double cost) {
  MarginalCost& step =
      steps.try_emplace({from, to}, MarginalCost{from, to, 0, 0, cost, cost}).first->second;
  ++step.pairs;
  step.mean += cost;
  step.least = std::min(step.least, cost);
  step.largest = std::max(step.largest, cost);
}

}  // namespace

Levels levels_of(std::span<const std::optional<Value>> column) {
  Levels levels;
  std::unordered_map<Value, std::int32_t> found;
  for (const std::optional<Value>& value : column) {
    if (!is_absent(value) && found.try_emplace(*value, 0).second) {
      levels.values.push_back(*value);
    }
  }
  std::ranges::sort(levels.values);
  for (std::size_t i = 0; i < levels.values.size(); ++i) {
    found[levels.values[i]] = static_cast<std::int32_t>(i);
  }
  levels.of_points.reserve(column.size());
  for (const std::optional<Value>& value : column) {
    levels.of_points.push_back(is_absent(value) ? Levels::kAbsent : found[*value]);
  }
  return levels;
}

std::vector<Effect> main_effects(const Levels& parameter, std::span<const double> objective) {
  std::vector<Effect> effects(parameter.values.size());
  for (std::size_t i = 0; i < objective.size(); ++i) {
    if (parameter.of_points[i] != Levels::kAbsent && std::isfinite(objective[i])) {
      Effect& effect = effects[static_cast<std::size_t>(parameter.of_points[i])];
      ++effect.points;
      effect.mean += objective[i];
    }
  }
  for (Effect& effect : effects) {
    effect.mean /= static_cast<double>(std::max<std::int64_t>(effect.points, 1));
  }
  return effects;
}

std::vector<MarginalCost> marginal_costs(std::span<const Levels* const> others,
                                         std::span<const double> sizes,
                                         std::span<const double> objective) {
  const std::vector<std::size_t> points = ordered(others, sizes, objective);
  Steps steps;
  std::optional<std::size_t> before;  // a point of the size before, where that is of the same group
  double mean_before = 0;
  for (std::size_t begin = 0; begin < points.size();) {
    const std::size_t first = points[begin];
    std::size_t end = begin;
    double sum = 0;
    while (end < points.size() && sizes[points[end]] == sizes[first] &&
           are_equal(others, first, points[end])) {
      sum += objective[points[end++]];
    }
    const double mean = sum / static_cast<double>(end - begin);
    if (before && are_equal(others, *before, first)) {
      add(steps, sizes[*before], sizes[first],
          (mean - mean_before) / (sizes[first] - sizes[*before]));
    }
    before = first;
    mean_before = mean;
    begin = end;
  }
  std::vector<MarginalCost> costs;
  for (auto& [sizes_of_step, step] : steps) {
    step.mean /= static_cast<double>(step.pairs);
    costs.push_back(step);
  }
  return costs;
}

}  // namespace vitsim::sweep
