// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/matrix.h"
#include "vitsim/hw/rows.h"
#include "vitsim/model/graph.h"

namespace vitsim::test {

/// What goes into an array and what comes out, told by the definition of each dataflow and by none
/// of the mapper's code.
struct ArrayFeed {
  std::vector<hw::OperandRows> lhs;
  std::vector<hw::OperandRows> rhs;
  std::vector<std::vector<std::int64_t>> sums;  ///< row by row, however many leave in a beat
};

/// A rectangle of a product that is a command: what is in the array at a time has its width.
struct ProductPart {
  std::int64_t m0 = 0;
  std::int64_t n0 = 0;
  model::GemmShape shape;
};

/// The commands of a whole product: one for each C columns of the result, with input_stationary for
/// each C rows; row_wise one for all.
std::vector<ProductPart> parts_of(const model::GemmShape& product, const config::PeArray& array);

/// Adds the beats of one command, lhs [m x k] times rhs [k x n].
void add_feed(const config::PeArray& array, MatrixView<const std::int16_t> lhs,
              MatrixView<const std::int16_t> rhs, ArrayFeed& feed);

}  // namespace vitsim::test
