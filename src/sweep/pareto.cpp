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
  std::vector<std::size_t> different;  // of the front, one of those that are equal
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    const Costs& costs = points[order[begin]];
    while (end < order.size() && points[order[end]] == costs) {
      ++end;
    }
    // The last ones are the nearest: with two objectives the last one decides.
    const bool dominated =
        std::any_of(different.rbegin(), different.rend(),
                    [&](std::size_t other) { return dominates(points[other], costs); });
    if (!dominated) {
      different.push_back(order[begin]);
      front.insert(front.end(), order.begin() + static_cast<std::ptrdiff_t>(begin),
                   order.begin() + static_cast<std::ptrdiff_t>(end));
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
