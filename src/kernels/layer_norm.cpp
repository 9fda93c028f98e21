// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/layer_norm.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "vitsim/core/error.h"

namespace vitsim::kernels {
namespace {

constexpr int kRowFractionBits = 30;
constexpr int kMaxShift = 62;

/// The largest shift s up to 62 for which round(value 2^s), and so that of every smaller value, is
/// below 2^bits; 0 where there is none.
int largest_shift(double value, int bits) {
  const double end = std::ldexp(1.0, bits);
  for (int shift = kMaxShift; shift >= 1; --shift) {
    if (std::round(std::ldexp(value, shift)) < end) {
      return shift;
    }
  }
  return 0;
}

double largest_magnitude(std::span<const float> values) {
  double largest = 0;
  for (const float value : values) {
    if (!std::isfinite(value)) {
      throw ModelError(
          fmt::format("layer norm: got a gamma or beta of {}, expected numbers", value));
    }
    largest = std::max(largest, std::fabs(static_cast<double>(value)));
  }
  return largest;
}

}  // namespace

LayerNormTable make_layer_norm_table(std::span<const float> gamma, std::span<const float> beta,
                                     double output_scale) {
  if (gamma.empty() || gamma.size() != beta.size()) {
    throw ModelError(fmt::format("layer norm: got {} gammas and {} betas, expected as many",
                                 gamma.size(), beta.size()));
  }
  if (!(output_scale > 0) || !std::isfinite(output_scale)) {
    throw ModelError(
        fmt::format("layer norm: got an output scale of {}, expected one above 0", output_scale));
  }
  const double root = std::sqrt(static_cast<double>(gamma.size()));
  const auto gain_of = [&](double value) {
    return std::ldexp(value * root / output_scale, -kRowFractionBits);
  };
  // |y G| <= 2^61, |B| < 2^61 and the rounding term 2^(s-1) <= 2^61 add up to less than 2^63.
  const double largest_gain = gain_of(largest_magnitude(gamma));
  const double largest_offset = largest_magnitude(beta) / output_scale;
  LayerNormTable table;
  table.shift = std::min(largest_shift(largest_gain, 31), largest_shift(largest_offset, 61));
  if (table.shift < 1) {
    throw ModelError(fmt::format(
        "layer norm: got an output scale of {}, too small for gammas up to {} and betas up to {}",
        output_scale, largest_magnitude(gamma), largest_magnitude(beta)));
  }
  for (std::size_t c = 0; c < gamma.size(); ++c) {
    table.params.push_back(
        {static_cast<std::int32_t>(std::llround(std::ldexp(gain_of(gamma[c]), table.shift))),
         std::llround(std::ldexp(beta[c] / output_scale, table.shift))});
  }
  return table;
}

}  // namespace vitsim::kernels
