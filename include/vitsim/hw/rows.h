// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "vitsim/core/units.h"

/// The beats of the datapath: a row vector each, or a few of them.
namespace vitsim::hw {

/// Integers on their way into the array, row by row.
struct OperandRows {
  std::vector<std::int16_t> values;
  /// More than one where several rows of the stationary operand enter in a cycle, and for the block
  /// of tokens of a row-wise array.
  std::int64_t rows = 1;
};

/// Sums on their way out of it, row by row.
struct SumRows {
  std::vector<std::int64_t> sums;
  /// More than one where sums are stationary and the folds shorter than the array is high.
  std::int64_t rows = 1;
};

/// Rows that a fetcher may have asked for and not yet passed on: enough to ask for one each cycle
/// through a scratchpad of this latency, and four to ride over conflicts.
constexpr int operand_buffer_rows(int read_latency_cycles) { return read_latency_cycles + 1 + 4; }

}  // namespace vitsim::hw
