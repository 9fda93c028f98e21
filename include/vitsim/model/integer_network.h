// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/matrix.h"
#include "vitsim/model/graph.h"

namespace vitsim::model {

/// What the machine must compute, by whole tensors.
struct IntegerResult {
  std::vector<IntMatrix> tensors;   ///< by TensorId; empty for constants
  std::int64_t saturated_sums = 0;  ///< sums that did not fit accumulator_bits
};

/// Runs the graph operator by operator with `kernels`, knowing no tiles: the independent
/// description of the machine's values. `input` has the shape of the graph's input tensor.
IntegerResult run_integer_network(const Graph& graph, const config::Precision& precision,
                                  const IntMatrix& input);

/// Real values of a tensor's integers.
Matrix<float> dequantize(const Tensor& tensor, const IntMatrix& integers);

}  // namespace vitsim::model
