// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/quantize.h"

#include <algorithm>
#include <cmath>

#include "vitsim/kernels/requantize.h"

namespace vitsim::model {

double scale_for(double range, int bits) { return range / ((1 << (bits - 1)) - 1); }

std::int16_t quantize(double x, double scale, int bits) {
  const double limit = 1 << bits;  // beyond saturation, and safe for llround
  const double steps = std::clamp(x / scale, -limit, limit);
  return static_cast<std::int16_t>(kernels::saturate(std::llround(steps), bits));
}

IntMatrix quantize(MatrixView<const float> x, double scale, int bits) {
  IntMatrix out(x.rows(), x.cols());
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    for (std::int64_t c = 0; c < x.cols(); ++c) {
      out(r, c) = quantize(static_cast<double>(x(r, c)), scale, bits);
    }
  }
  return out;
}

namespace {

double weight_scale(std::span<const float> channel, double bias, double input_scale,
                    double output_scale, int bits) {
  double largest = 0;
  for (const float w : channel) {
    largest = std::max(largest, std::abs(static_cast<double>(w)));
  }
  const double for_weights = scale_for(largest, bits);
  const double for_bias = std::abs(bias) / (input_scale * std::ldexp(1.0, 30));
  const double for_multiplier = output_scale / input_scale * std::ldexp(1.0, -30);
  return std::max({for_weights, for_bias, for_multiplier});
}

}  // namespace

QuantizedLinear quantize(const reference::Linear& linear, double input_scale,
                         std::span<const double> output_scales, int weight_bits) {
  const std::int64_t outputs = linear.weight.rows();
  const std::int64_t inputs = linear.weight.cols();
  const auto groups = static_cast<std::int64_t>(output_scales.size());
  QuantizedLinear out{IntMatrix(inputs, outputs), {}, {}};
  for (std::int64_t n = 0; n < outputs; ++n) {
    const auto channel = linear.weight.row(n);
    const auto bias = static_cast<double>(linear.bias[static_cast<std::size_t>(n)]);
    const double output_scale = output_scales[static_cast<std::size_t>(n * groups / outputs)];
    const double scale = weight_scale(channel, bias, input_scale, output_scale, weight_bits);
    for (std::int64_t k = 0; k < inputs; ++k) {
      const auto w = static_cast<double>(channel[static_cast<std::size_t>(k)]);
      out.weight(k, n) = quantize(w, scale, weight_bits);
    }
    out.weight_scales.push_back(scale);
    out.params.push_back({static_cast<std::int32_t>(std::llround(bias / (input_scale * scale))),
                          kernels::make_rescale(input_scale * scale / output_scale)});
  }
  return out;
}

}  // namespace vitsim::model
