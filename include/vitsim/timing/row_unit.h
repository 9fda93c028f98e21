// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/core/units.h"

/// Closed forms for the units that take whole rows: softmax, GELU, layer norm, addition.
namespace vitsim::timing {

/// How such a unit is built.
struct RowUnit {
  int lanes = 1;                ///< elements of a row taken in a cycle
  int initiation_interval = 1;  ///< cycles between two groups of lanes
  int passes = 1;               ///< times that a row goes through the lanes before it leaves
  int latency_cycles = 1;       ///< pipeline depth
  int reads = 1;  ///< reads that a group takes, one a cycle: 2 where there are two operands
};

/// Groups of lanes in a row of `cols` elements.
std::int64_t row_groups(std::int64_t cols, const RowUnit& unit);

/// Cycles between two rows: groups x max(initiation_interval, reads). Passes are pipelined over
/// rows.
Cycles row_interval(std::int64_t cols, const RowUnit& unit);

/// From the last group of a row being in the unit to its first group of results:
/// (passes - 1) intervals and the pipeline's depth.
Cycles row_latency(std::int64_t cols, const RowUnit& unit);

/// Least cycles for `rows` rows, from the first read to the last write, where what is read in a
/// cycle is in the unit in the next: rows x interval in, without what is left of the last group's
/// interval when it has been read; the latency; the groups of the last row out.
Cycles rows_cycles(std::int64_t rows, std::int64_t cols, const RowUnit& unit);

}  // namespace vitsim::timing
