// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/pareto_search.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <string_view>

namespace vitsim::sweep {
namespace {

constexpr double kUnknown = -std::numeric_limits<double>::infinity();

/// Numbers that are no less in a report than in the estimate.
constexpr std::array<std::string_view, 5> kAtLeast{"totals.cycles", "totals.seconds", "totals.macs",
                                                   "totals.dram_read_bytes",
                                                   "totals.dram_write_bytes"};
/// Numbers that are no more.
constexpr std::array<std::string_view, 1> kAtMost{"totals.pe_utilization"};

bool is_exact(const std::string& key) {
  return key.starts_with("config.") || key.starts_with("model.") || key == "totals.pes";
}

double bound_of(const Objective& objective, const std::vector<Named>& parameters,
                const std::vector<Named>& estimate) {
  const std::string& key = objective.key;
  const double sign = objective.maximize ? -1.0 : 1.0;
  if (const auto value = find(parameters, key)) {
    return sign * *value;
  }
  if (key == "totals.cycles_per_image") {
    const auto value = find(estimate, "totals.cycles");
    return objective.maximize ? kUnknown : value.value_or(kUnknown);
  }
  const auto value = find(estimate, key);
  const bool known =
      is_exact(key) || (objective.maximize ? std::ranges::find(kAtMost, key) != kAtMost.end()
                                           : std::ranges::find(kAtLeast, key) != kAtLeast.end());
  return value && known ? sign * *value : kUnknown;
}

}  // namespace

Costs bounds_of(const std::vector<Objective>& objectives, const std::vector<Named>& parameters,
                const std::vector<Named>& estimate) {
  Costs bounds;
  for (const Objective& objective : objectives) {
    bounds.push_back(bound_of(objective, parameters, estimate));
  }
  return bounds;
}

ParetoSearch::ParetoSearch(std::vector<std::optional<Costs>> bounds) : bounds_(std::move(bounds)) {}

std::vector<std::size_t> ParetoSearch::order() const {
  std::vector<std::size_t> known;
  std::vector<Costs> costs;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    if (bounds_[i]) {
      known.push_back(i);
      costs.push_back(*bounds_[i]);
    }
  }
  std::vector<bool> placed(bounds_.size(), false);
  std::vector<std::size_t> order;
  for (const std::size_t i : pareto_front(costs)) {
    order.push_back(known[i]);
    placed[known[i]] = true;
  }
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    if (!placed[i]) {
      order.push_back(i);
    }
  }
  return order;
}

void ParetoSearch::add(const Costs& costs) {
  if (std::ranges::any_of(front_, [&](const Costs& one) { return dominates(one, costs); })) {
    return;
  }
  std::erase_if(front_, [&](const Costs& one) { return dominates(costs, one); });
  front_.push_back(costs);
}

bool ParetoSearch::can_reach_front(std::size_t point) const {
  return !bounds_[point] || std::ranges::none_of(front_, [&](const Costs& one) {
    return dominates(one, *bounds_[point]);
  });
}

}  // namespace vitsim::sweep
