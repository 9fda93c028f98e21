// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/row_unit.h"

#include <algorithm>

namespace vitsim::timing {

std::int64_t row_groups(std::int64_t cols, const RowUnit& unit) {
  return ceil_div<std::int64_t>(cols, unit.lanes);
}

Cycles row_interval(std::int64_t cols, const RowUnit& unit) {
  return row_groups(cols, unit) * std::max(unit.initiation_interval, unit.reads);
}

Cycles row_latency(std::int64_t cols, const RowUnit& unit) {
  return (unit.passes - 1) * row_interval(cols, unit) + unit.latency_cycles;
}

Cycles rows_cycles(std::int64_t rows, std::int64_t cols, const RowUnit& unit) {
  // Behind the last group's reads nothing is asked for: the rest of its interval does not count.
  const Cycles unused = std::max(unit.initiation_interval - unit.reads, 0);
  return rows * row_interval(cols, unit) - unused + row_latency(cols, unit) +
         row_groups(cols, unit);
}

}  // namespace vitsim::timing
