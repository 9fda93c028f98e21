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
  std::int64_t saturated_sums = 0;  ///< sums of products that did not fit accumulator_bits
  std::int64_t clipped = 0;  ///< results of products that did not fit, where they are counted
  std::int64_t saturated_token_sums = 0;  ///< sums over tokens that did not fit 16 or 32 bits
  std::int64_t saturated_k_hat = 0;       ///< values of K_hat that did not fit k_hat_bits
  std::int64_t nonpositive_divisors = 0;  ///< tokens whose t_D was 0 or less
};

/// Runs the graph operator by operator with `kernels`, knowing no tiles: the independent
/// description of the machine's values. `input` has the shape of the graph's input tensor.
IntegerResult run_integer_network(const Graph& graph, const config::Precision& precision,
                                  const IntMatrix& input);

/// Real values of a tensor's integers.
Matrix<float> dequantize(const Tensor& tensor, const IntMatrix& integers);

}  // namespace vitsim::model
