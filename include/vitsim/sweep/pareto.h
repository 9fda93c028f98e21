// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "vitsim/sweep/spec.h"

namespace vitsim::sweep {

/// What a point costs: a number for each objective, each of which is to be small (negated where the
/// objective is to be large).
using Costs = std::vector<double>;

/// Costs of the values of objectives.
Costs costs_of(const std::vector<Objective>& objectives, const std::vector<double>& values);

/// Whether the first is nowhere worse than the second, and somewhere better.
bool dominates(const Costs& first, const Costs& second);

/// The points that no other dominates, in their order. Equal ones are all in it. Asked once for
/// those that are equal: O(n log n + n x different points of the front).
std::vector<std::size_t> pareto_front(std::span<const Costs> points);

/// Objectives as a store keeps them: JSON, [["totals.cycles", "min"], ...].
std::string to_text(const std::vector<Objective>& objectives);
/// What stands in a store; ModelError, with `where`, for anything else.
std::vector<Objective> objectives_in(const std::string& text, const std::string& where);

}  // namespace vitsim::sweep
