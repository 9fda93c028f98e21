// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "vitsim/core/units.h"

/// The beats of the datapath: one row vector each.
namespace vitsim::hw {

/// Integers on their way into the array.
struct OperandRow {
  std::vector<std::int16_t> values;
};

/// Sums on their way out of it.
struct SumRow {
  std::vector<std::int64_t> sums;
};

/// Rows that a fetcher may have asked for and not yet passed on: enough to ask for one each cycle
/// through a scratchpad of this latency, and four to ride over conflicts.
constexpr int operand_buffer_rows(int read_latency_cycles) { return read_latency_cycles + 1 + 4; }

}  // namespace vitsim::hw
