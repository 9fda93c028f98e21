// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/model/graph.h"

/// Closed forms of a product's cycles on the array alone: every operand is there when it is wanted
/// and every sum is taken at once. Counted from the first operand that enters to the last sum that
/// leaves, inclusive. docs/timing.md derives them.
namespace vitsim::timing {

/// weight_stationary: ceil(K / R) ceil(N / C); input_stationary: ceil(K / R) ceil(M / C);
/// output_stationary: ceil(M / R) ceil(N / C); row_wise: ceil(M / P) N ceil(K / (B m)).
std::int64_t fold_count(const model::GemmShape& shape, const config::PeArray& array);

/// From an operand that enters to the sums that it completes: R + C - 2 through a systolic array,
/// ceil(log2 B) through a row-wise array's adder trees.
Cycles array_latency(const config::PeArray& array);

/// Cycles in which the stationary operand of a fold enters, ceil(R / weight_rows_per_cycle); 0
/// where no fold loads anything before its operands stream.
Cycles load_cycles(const config::PeArray& array);

/// Cycles of one fold alone: load, S beats that stream, the way through the array; where the drain
/// is exposed, R more. row_wise: the beat and its latency.
Cycles fold_cycles(const model::GemmShape& shape, const config::PeArray& array);

/// From one fold's first operands to the next's: with overlap_folds max(S, R) where an operand is
/// stationary, K where sums are and max(K, R) where they drain exposed; else fold_cycles().
/// row_wise: 1.
Cycles fold_interval(const model::GemmShape& shape, const config::PeArray& array);

/// All of a product: (folds - 1) intervals and one fold alone.
Cycles gemm_cycles(const model::GemmShape& shape, const config::PeArray& array);

}  // namespace vitsim::timing
