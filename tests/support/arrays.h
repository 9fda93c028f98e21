// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "vitsim/config/accelerator.h"
#include "vitsim/model/graph.h"

/// Arrays of each sort, in a word each.
namespace vitsim::test {

inline config::PeArray systolic(config::Dataflow dataflow, int rows, int cols) {
  config::PeArray array;
  array.dataflow = dataflow;
  array.rows = rows;
  array.cols = cols;
  return array;
}

inline config::PeArray weight_stationary(int rows, int cols) {
  return systolic(config::Dataflow::kWeightStationary, rows, cols);
}

inline config::PeArray input_stationary(int rows, int cols) {
  return systolic(config::Dataflow::kInputStationary, rows, cols);
}

inline config::PeArray output_stationary(int rows, int cols) {
  return systolic(config::Dataflow::kOutputStationary, rows, cols);
}

inline config::PeArray row_wise(int rows, int blocks, int macs_per_block) {
  config::PeArray array;
  array.kind = config::ArrayKind::kRowWise;
  array.rows = rows;
  array.blocks = blocks;
  array.macs_per_block = macs_per_block;
  return array;
}

/// With so many rows of the operand that stays in a cycle.
inline config::PeArray loading(int weight_rows_per_cycle, config::PeArray array) {
  array.weight_rows_per_cycle = weight_rows_per_cycle;
  return array;
}

inline config::PeArray without_overlap(config::PeArray array) {
  array.overlap_folds = false;
  return array;
}

inline config::PeArray exposed(config::PeArray array) {
  array.drain = config::Drain::kExposed;
  return array;
}

inline config::PeArray in_form(config::ArrayModel model, config::PeArray array) {
  array.model = model;
  return array;
}

/// One of each sort, of about this size.
inline std::vector<config::PeArray> every_array(int rows, int cols) {
  std::vector<config::PeArray> all{row_wise(rows, cols, 2)};
  for (const config::PeArray& array :
       {weight_stationary(rows, cols), loading(2, weight_stationary(rows, cols)),
        input_stationary(rows, cols), loading(3, input_stationary(rows, cols)),
        output_stationary(rows, cols), exposed(output_stationary(rows, cols))}) {
    all.push_back(array);
    all.push_back(without_overlap(array));
  }
  return all;
}

inline std::string describe(const config::PeArray& array) {
  if (array.kind == config::ArrayKind::kRowWise) {
    return fmt::format("row_wise, {} rows of {} x {}", array.rows, array.blocks,
                       array.macs_per_block);
  }
  return fmt::format("{}, {} x {}{}{}, {} rows a cycle",
                     config::kDataflowNames[static_cast<std::size_t>(array.dataflow)].name,
                     array.rows, array.cols, array.overlap_folds ? ", overlap" : "",
                     array.drain == config::Drain::kExposed ? ", exposed" : "",
                     array.weight_rows_per_cycle);
}

inline std::string describe(const config::PeArray& array, const model::GemmShape& shape) {
  return fmt::format("{}; {} x {} x {}", describe(array), shape.m, shape.k, shape.n);
}

}  // namespace vitsim::test
