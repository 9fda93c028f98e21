// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "vitsim/core/matrix.h"
#include "vitsim/sim/gemm_run.h"

namespace vitsim::sim {

/// Random operands of a product, over all of their widths.
struct GemmOperands {
  IntMatrix lhs;                ///< [M x K], activation_bits
  IntMatrix rhs;                ///< [K x N], or [N x K], weight_bits
  bool rhs_transposed = false;  ///< as it enters the array
};
GemmOperands random_operands(const model::GemmShape& shape, const config::Config& config,
                             std::uint64_t seed);

/// Called with the part of the layer that is done, in [0, 1].
using LayerProgress = std::function<void(double)>;

/// The layer on the array alone: operands and sums move whenever the array lets them.
GemmLayerResult run_on_array(const model::GemmShape& shape, const GemmOptions& options,
                             const LayerProgress& progress);
/// The layer on the whole machine: from DRAM and back.
GemmLayerResult run_on_machine(const model::GemmShape& shape, const GemmOptions& options,
                               const LayerProgress& progress);

}  // namespace vitsim::sim
