// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vitsim/core/matrix.h"
#include "vitsim/kernels/post_process.h"
#include "vitsim/reference/weights.h"

/// From real numbers to the integers of the machine (design, numerics). All in double.
namespace vitsim::model {

/// The scale at which `range` maps to the largest integer of `bits` bits.
double scale_for(double range, int bits);

/// round(x / scale), half away from zero, saturated to `bits`.
std::int16_t quantize(double x, double scale, int bits);
IntMatrix quantize(MatrixView<const float> x, double scale, int bits);

/// A linear layer in integers.
struct QuantizedLinear {
  IntMatrix weight;  ///< [in x out]: transposed from PyTorch, as it is stationary in the array
  std::vector<double> weight_scales;           ///< for each output channel
  std::vector<kernels::ChannelParams> params;  ///< for each output channel
};

/// Weights: symmetric, a scale for each output channel, the largest magnitude mapped to the largest
/// integer; the scale is raised where the bias would not fit 31 bits or the multiplier would
/// vanish. `output_scales`: those of equal groups of output channels.
QuantizedLinear quantize(const reference::Linear& linear, double input_scale,
                         std::span<const double> output_scales, int weight_bits);

}  // namespace vitsim::model
