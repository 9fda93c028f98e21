// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/model/graph.h"

/// From a unit's `kind` in YAML to the integer function that it computes. A new kind of softmax or
/// GELU is a kernel, a name in config/accelerator.h and a case here.
namespace vitsim::model {

/// Softmax of scores of scale `scale`; weights of `threshold` or less become 0.
RowKernel make_softmax(const config::SoftmaxUnit& unit, double scale, double threshold = 0);
/// The scale of what make_softmax() gives.
double softmax_output_scale(const config::SoftmaxUnit& unit);

/// GELU from scale `scale` to `output_bits` at `output_scale`.
RowKernel make_gelu(const config::GeluUnit& unit, double scale, double output_scale,
                    int output_bits);

}  // namespace vitsim::model
