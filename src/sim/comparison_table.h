// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace vitsim::sim {

/// What a run has in a row: its value and how many times less that is than the first run's.
struct ComparisonCell {
  std::string value;
  std::string ratio;
};

/// A line of the table; a heading has no cells.
struct ComparisonRow {
  std::string label;
  std::vector<ComparisonCell> cells;  ///< one a run
};

/// Labels at the left, values and ratios of each run in a column of their own at the right. Words
/// of the runs' names stand below each other, so that columns stay narrow.
std::string comparison_table(const std::vector<std::string>& names,
                             const std::vector<ComparisonRow>& rows);

}  // namespace vitsim::sim
