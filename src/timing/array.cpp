// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/array.h"

#include <algorithm>

namespace vitsim::timing {
namespace {

/// The length of part `index` where `total` is cut every `step`.
std::int64_t part(std::int64_t total, std::int64_t step, std::int64_t index) {
  return std::min(step, total - index * step);
}

}  // namespace

ArrayType type_of(const config::PeArray& array) {
  if (array.kind == config::ArrayKind::kRowWise) {
    return ArrayType::kRowWise;
  }
  switch (array.dataflow) {
    case config::Dataflow::kInputStationary:
      return ArrayType::kInputStationary;
    case config::Dataflow::kOutputStationary:
      return ArrayType::kOutputStationary;
    case config::Dataflow::kWeightStationary:
      break;
  }
  return ArrayType::kWeightStationary;
}

std::int64_t pe_count(const config::PeArray& array) {
  return std::int64_t{array.rows} * (type_of(array) == ArrayType::kRowWise
                                         ? std::int64_t{array.blocks} * array.macs_per_block
                                         : array.cols);
}

double pe_utilization(std::int64_t macs, Cycles cycles, const config::PeArray& array) {
  const auto slots = static_cast<double>(pe_count(array)) * static_cast<double>(cycles);
  return cycles > 0 ? static_cast<double>(macs) / slots : 0.0;
}

std::int64_t sums_width(const config::PeArray& array) {
  return type_of(array) == ArrayType::kRowWise ? array.rows : array.cols;
}

bool sums_are_columns(const config::PeArray& array) { return config::holds_inputs(array); }

bool may_have_sa_diag(const config::PeArray& array) {
  return type_of(array) == ArrayType::kWeightStationary;
}

std::int64_t contraction_width(const config::PeArray& array) {
  return type_of(array) == ArrayType::kRowWise ? std::int64_t{array.blocks} * array.macs_per_block
                                               : array.rows;
}

std::int64_t tile_folds(const model::GemmShape& tile, const config::PeArray& array) {
  const ArrayType type = type_of(array);
  const bool cuts_m = type == ArrayType::kOutputStationary || type == ArrayType::kRowWise;
  return ceil_div<std::int64_t>(cuts_m ? tile.m : tile.k, array.rows);
}

Fold tile_fold(const model::GemmShape& tile, const config::PeArray& array, std::int64_t index) {
  const std::int64_t rows = array.rows;
  switch (type_of(array)) {
    case ArrayType::kWeightStationary:
      return {part(tile.k, rows, index), tile.n, tile.m};
    case ArrayType::kInputStationary:
      return {part(tile.k, rows, index), tile.m, tile.n};
    case ArrayType::kOutputStationary:
      return {part(tile.m, rows, index), tile.n, tile.k};
    case ArrayType::kRowWise:
      break;
  }
  return {part(tile.m, rows, index), tile.k,
          tile.n * ceil_div<std::int64_t>(tile.k, contraction_width(array))};
}

std::int64_t sum_passes(const model::GemmShape& tile, const config::PeArray& array) {
  const ArrayType type = type_of(array);
  const bool holds_operand =
      type == ArrayType::kWeightStationary || type == ArrayType::kInputStationary;
  return holds_operand ? tile_folds(tile, array) : 1;
}

std::int64_t sum_rows(const model::GemmShape& tile, const config::PeArray& array) {
  return sums_are_columns(array) ? tile.n : tile.m;
}

}  // namespace vitsim::timing
