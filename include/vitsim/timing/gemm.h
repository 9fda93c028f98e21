// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/model/graph.h"

/// Closed forms of a product's cycles on the array alone: every operand is there when it is wanted
/// and every sum is taken at once. Counted from the first operand that enters to the last sum that
/// leaves, inclusive. docs/timing.md derives them.
namespace vitsim::timing {

/// Columns of folds times rows of folds.
std::int64_t fold_count(const model::GemmShape& shape, const config::PeArray& array);

/// From a row of operands entering the array to its sums leaving it: R + C - 2.
Cycles array_latency(const config::PeArray& array);

/// weight_stationary: a fold takes M + 2R + C - 2 cycles; with overlap_folds they follow each other
/// every max(M, R), and the first load, the last row and its way through the array come on top.
Cycles gemm_cycles(const model::GemmShape& shape, const config::PeArray& array);

}  // namespace vitsim::timing
