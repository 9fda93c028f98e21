// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/quantize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "vitsim/kernels/requantize.h"

namespace vitsim::model {
namespace {

double largest_of(int bits) { return (1 << (bits - 1)) - 1; }

/// Half away from zero, for |x| below 2^31: what is added is the largest number below a half, so
/// that no x below a half is carried over it. std::llround is a call for each weight of a model; of
/// this the compiler makes vector operations.
std::int32_t rounded(double x) {
  return static_cast<std::int32_t>(x + std::copysign(0x1.fffffffffffffp-2, x));
}

/// x / scale, rounded, in [-largest - 1, largest].
std::int16_t to_integer(double x, double scale, double largest) {
  const double steps = std::min(std::max(x / scale, -largest - 1), largest);
  return static_cast<std::int16_t>(rounded(steps));
}

void quantize_row(std::span<const float> x, double scale, int bits, std::span<std::int16_t> out) {
  const double largest = largest_of(bits);
  for (std::size_t i = 0; i < x.size(); ++i) {
    out[i] = to_integer(static_cast<double>(x[i]), scale, largest);
  }
}

}  // namespace

double scale_for(double range, int bits) { return range / largest_of(bits); }

std::int16_t quantize(double x, double scale, int bits) {
  return to_integer(x, scale, largest_of(bits));
}

IntMatrix quantize(MatrixView<const float> x, double scale, int bits) {
  IntMatrix out(x.rows(), x.cols());
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    quantize_row(x.row(r), scale, bits, out.row(r));
  }
  return out;
}

namespace {

/// In lanes, which the compiler can keep in one register.
double largest_magnitude(std::span<const float> values) {
  std::array<float, 16> lanes{};
  std::size_t i = 0;
  for (; i + lanes.size() <= values.size(); i += lanes.size()) {
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      lanes[lane] = std::max(lanes[lane], std::abs(values[i + lane]));
    }
  }
  for (; i < values.size(); ++i) {
    lanes[0] = std::max(lanes[0], std::abs(values[i]));
  }
  return static_cast<double>(*std::ranges::max_element(lanes));
}

double weight_scale(std::span<const float> channel, double bias, double input_scale,
                    double output_scale, int bits) {
  const double for_weights = scale_for(largest_magnitude(channel), bits);
  const double for_bias = std::abs(bias) / (input_scale * std::ldexp(1.0, 30));
  const double for_multiplier = output_scale / input_scale * std::ldexp(1.0, -30);
  return std::max({for_weights, for_bias, for_multiplier});
}

/// Output channels that are turned into columns at once, so that columns are written in runs.
constexpr std::int64_t kTurnedAtOnce = 32;

/// Writes the rows of `channels` to the columns from `col` on.
void write_columns(MatrixView<const std::int16_t> channels, std::int64_t col, IntMatrix& out) {
  for (std::int64_t k = 0; k < channels.cols(); ++k) {
    const auto row = out.row(k).subspan(static_cast<std::size_t>(col));
    for (std::int64_t n = 0; n < channels.rows(); ++n) {
      row[static_cast<std::size_t>(n)] = channels(n, k);
    }
  }
}

}  // namespace

QuantizedLinear quantize(const reference::Linear& linear, double input_scale,
                         std::span<const double> output_scales, int weight_bits) {
  const std::int64_t outputs = linear.weight.rows();
  const std::int64_t inputs = linear.weight.cols();
  const auto groups = static_cast<std::int64_t>(output_scales.size());
  QuantizedLinear out{IntMatrix(inputs, outputs), {}, {}};
  IntMatrix channels(kTurnedAtOnce, inputs);
  for (std::int64_t n = 0; n < outputs; ++n) {
    const auto channel = linear.weight.row(n);
    const auto bias = static_cast<double>(linear.bias[static_cast<std::size_t>(n)]);
    const double output_scale = output_scales[static_cast<std::size_t>(n * groups / outputs)];
    const double scale = weight_scale(channel, bias, input_scale, output_scale, weight_bits);
    const std::int64_t turned = n % kTurnedAtOnce;
    quantize_row(channel, scale, weight_bits, channels.row(turned));
    if (turned + 1 == kTurnedAtOnce || n + 1 == outputs) {
      write_columns(channels.view().block(0, 0, turned + 1, inputs), n - turned, out.weight);
    }
    out.weight_scales.push_back(scale);
    out.params.push_back({static_cast<std::int32_t>(std::llround(bias / (input_scale * scale))),
                          kernels::make_rescale(input_scale * scale / output_scale)});
  }
  return out;
}

}  // namespace vitsim::model
