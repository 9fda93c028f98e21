// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/model/graph.h"

/// How an array cuts a product into folds. Mapper, fetchers, array and closed forms agree on this.
///
///     array              a fold holds                    streams             a row of sums is
///     weight_stationary  rhs, K_t <= R by N_t <= C       M rows of lhs       a row of the result
///     input_stationary   lhs, K_t <= R by M_t <= C       N columns of rhs    a column of it
///     output_stationary  sums, M_t <= R by N_t <= C      K columns and rows  a row of it
///     row_wise           lhs, M_t <= P rows, all of K    N columns of rhs    a column of it
namespace vitsim::timing {

enum class ArrayType { kWeightStationary, kInputStationary, kOutputStationary, kRowWise };
ArrayType type_of(const config::PeArray& array);

/// Processing elements, one MAC each.
std::int64_t pe_count(const config::PeArray& array);

/// macs / (PEs x cycles), in [0, 1]; 0 where there are no cycles.
double pe_utilization(std::int64_t macs, Cycles cycles, const config::PeArray& array);

/// Sums that leave side by side: C, or P of a row-wise array.
std::int64_t sums_width(const config::PeArray& array);

/// Whether a row of sums is a column of the result.
bool sums_are_columns(const config::PeArray& array);

/// Whether one more column of PEs can share its stream (SA-Diag).
bool may_have_sa_diag(const config::PeArray& array);

/// Elements of K that a fold of a systolic array that holds an operand takes, R; those that a
/// row-wise array takes in a cycle, B m.
std::int64_t contraction_width(const config::PeArray& array);

/// A part of a product that is in the array at a time.
struct Fold {
  std::int64_t rows = 0;   ///< of processing elements in use
  std::int64_t cols = 0;   ///< columns in use; row_wise: elements of K
  std::int64_t beats = 0;  ///< that stream through it, one a cycle
};

/// The folds of a tile that is no wider than the array where it must not be (mapping/tiling.h).
std::int64_t tile_folds(const model::GemmShape& tile, const config::PeArray& array);
/// The one with this index, in the order in which they enter.
Fold tile_fold(const model::GemmShape& tile, const config::PeArray& array, std::int64_t index);

/// How often a tile's sums come out of the array, to be added up outside: once a fold of K.
std::int64_t sum_passes(const model::GemmShape& tile, const config::PeArray& array);
/// Rows of sums in such a pass.
std::int64_t sum_rows(const model::GemmShape& tile, const config::PeArray& array);

}  // namespace vitsim::timing
