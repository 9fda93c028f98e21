// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/gemm.h"

#include <algorithm>
#include <bit>

#include "vitsim/timing/array.h"

namespace vitsim::timing {
namespace {

/// Beats that stream through what closed forms call a fold: of a row-wise array, one column's
/// piece.
std::int64_t beats(const model::GemmShape& shape, const config::PeArray& array) {
  return type_of(array) == ArrayType::kRowWise ? 1 : tile_fold(shape, array, 0).beats;
}

/// Cycles that finished sums take to be shifted out, behind the last product.
Cycles drain_cycles(const config::PeArray& array) {
  return type_of(array) == ArrayType::kOutputStationary && array.drain == config::Drain::kExposed
             ? array.rows
             : 0;
}

}  // namespace

std::int64_t fold_count(const model::GemmShape& shape, const config::PeArray& array) {
  const auto parts = [](std::int64_t total, std::int64_t step) { return ceil_div(total, step); };
  switch (type_of(array)) {
    case ArrayType::kWeightStationary:
      return parts(shape.k, array.rows) * parts(shape.n, array.cols);
    case ArrayType::kInputStationary:
      return parts(shape.k, array.rows) * parts(shape.m, array.cols);
    case ArrayType::kOutputStationary:
      return parts(shape.m, array.rows) * parts(shape.n, array.cols);
    case ArrayType::kRowWise:
      break;
  }
  return parts(shape.m, array.rows) * shape.n * parts(shape.k, contraction_width(array));
}

Cycles array_latency(const config::PeArray& array) {
  return type_of(array) == ArrayType::kRowWise
             ? std::bit_width(static_cast<unsigned>(array.blocks) - 1)
             : array.rows + array.cols - 2;
}

Cycles load_cycles(const config::PeArray& array) {
  const ArrayType type = type_of(array);
  const bool loads = type == ArrayType::kWeightStationary || type == ArrayType::kInputStationary;
  return loads ? ceil_div(array.rows, array.weight_rows_per_cycle) : 0;
}

Cycles fold_cycles(const model::GemmShape& shape, const config::PeArray& array) {
  return load_cycles(array) + beats(shape, array) + array_latency(array) + drain_cycles(array);
}

Cycles fold_interval(const model::GemmShape& shape, const config::PeArray& array) {
  const ArrayType type = type_of(array);
  if (type == ArrayType::kRowWise) {
    return 1;
  }
  if (!array.overlap_folds) {
    return fold_cycles(shape, array);
  }
  // A row of PEs gives up its shadow registers as the wave of operands takes them over, a row a
  // cycle: however many rows load at a time, the next operand takes R cycles.
  const Cycles shadow = type == ArrayType::kOutputStationary ? drain_cycles(array) : array.rows;
  return std::max<Cycles>(beats(shape, array), shadow);
}

Cycles gemm_cycles(const model::GemmShape& shape, const config::PeArray& array) {
  return (fold_count(shape, array) - 1) * fold_interval(shape, array) + fold_cycles(shape, array);
}

}  // namespace vitsim::timing
