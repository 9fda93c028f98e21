// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/pareto.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

namespace vitsim::sweep {

Costs costs_of(const std::vector<Objective>& objectives, const std::vector<double>& values) {
  Costs costs;
  for (std::size_t i = 0; i < objectives.size(); ++i) {
    costs.push_back(objectives[i].maximize ? -values[i] : values[i]);
  }
  return costs;
}

bool dominates(const Costs& first, const Costs& second) {
  bool better = false;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i] > second[i]) {
      return false;
    }
    better = better || first[i] < second[i];
  }
  return better;
}

std::vector<std::size_t> pareto_front(std::span<const Costs> points) {
  // In this order nothing is dominated by what comes after it.
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return points[i]; });
  std::vector<std::size_t> front;
  for (const std::size_t point : order) {
    // The last ones of the front are the nearest: with two objectives the last one decides.
    const bool dominated = std::any_of(front.rbegin(), front.rend(), [&](std::size_t other) {
      return dominates(points[other], points[point]);
    });
    if (!dominated) {
      front.push_back(point);
    }
  }
  std::ranges::sort(front);
  return front;
}

std::string to_text(const std::vector<Objective>& objectives) {
  nlohmann::json list = nlohmann::json::array();
  for (const Objective& objective : objectives) {
    list.push_back({objective.key, objective.maximize ? "max" : "min"});
  }
  return list.dump();
}

std::vector<Objective> objectives_in(const std::string& text, const std::string& where) {
  const auto fail = [&]() -> ModelError {
    return ModelError(
        fmt::format("{}: objectives: got {}, expected a list such as "
                    "[[\"totals.cycles\", \"min\"]]",
                    where, printable(text)));
  };
  const nlohmann::json list = nlohmann::json::parse(text, nullptr, false);
  if (!list.is_array()) {
    throw fail();
  }
  std::vector<Objective> objectives;
  for (const nlohmann::json& one : list) {
    if (!one.is_array() || one.size() != 2 || !one[0].is_string() ||
        (one[1] != "min" && one[1] != "max")) {
      throw fail();
    }
    objectives.push_back({one[0].get<std::string>(), one[1] == "max"});
  }
  return objectives;
}

}  // namespace vitsim::sweep
