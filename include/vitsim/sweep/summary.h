// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "vitsim/sweep/runner.h"
#include "vitsim/sweep/space.h"
#include "vitsim/sweep/spec.h"
#include "vitsim/sweep/store.h"

namespace vitsim::sweep {

/// 1,234,567; other numbers to six digits.
std::string number_text(double number);

/// A parameter's name for people: the last part of its key where no other has it.
std::vector<std::string> short_names(const std::vector<std::string>& keys);

/// Parameters in a line: `rows=64 cols=64`.
std::string settings_text(const std::vector<Named>& parameters);

/// The first `most` points as a table of the parameters that differ.
std::string points_text(const Spec& spec, const std::vector<Point>& points, std::size_t most);

/// What became of the points, and a table of the front of the objectives, for people.
std::string summary_text(const Tally& tally, const Store& store,
                         const std::vector<Objective>& objectives);

}  // namespace vitsim::sweep
