// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/layer_norm.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/kernels/requantize.h"

namespace vitsim::kernels {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
constexpr int kRootIterations = 10;
constexpr int kRowFractionBits = 30;
constexpr int kMaxShift = 62;

/// floor(sum / count), or one more where that is nearer; of two equally near the even one.
std::int64_t rounded_mean(std::int64_t sum, std::int64_t count) {
  std::int64_t mean = sum / count;
  std::int64_t rest = sum % count;
  if (rest < 0) {
    rest += count;
    --mean;
  }
  const bool up = 2 * rest > count || (2 * rest == count && mean % 2 != 0);
  return up ? mean + 1 : mean;
}

/// What all features of a row share: y = floor((x - mean) reciprocal / 2).
struct RowStatistics {
  std::int64_t mean;
  std::int64_t reciprocal;

  /// In [-2^30, 2^30): |x - mean| <= floor(sqrt(V)) <= k, so the product is at most 2^31 - 1.
  [[nodiscard]] std::int64_t normalize(std::int64_t x) const {
    return ((x - mean) * reciprocal) >> 1;
  }
};

template <class T>
RowStatistics statistics(std::span<const T> x) {
  assert(!x.empty());
  std::int64_t sum = 0;
  for (const T value : x) {
    sum += value;
  }
  const std::int64_t mean = rounded_mean(sum, static_cast<std::int64_t>(x.size()));
  std::int64_t variance = 0;
  for (const T value : x) {
    variance += (value - mean) * (value - mean);
  }
  // Newton's square root from above. A step at most halves k, so k >= 2^6 also for V = 0.
  std::int64_t k = std::int64_t{1} << 16;
  for (int i = 0; i < kRootIterations; ++i) {
    k = (k + variance / k) / 2;
  }
  return {mean, kMax / k};
}

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

void i_layer_norm(std::span<const std::int32_t> x, std::span<std::int64_t> y) {
  assert(x.size() == y.size());
  const RowStatistics row = statistics(x);
  for (std::size_t c = 0; c < x.size(); ++c) {
    y[c] = row.normalize(x[c]);
  }
}

void layer_norm_row(std::span<const std::int16_t> x, std::span<const LayerNormParams> params,
                    int shift, int output_bits, std::span<std::int16_t> y) {
  assert(x.size() == y.size() && x.size() == params.size());
  assert(shift >= 1 && shift <= 62 && output_bits >= 1 && output_bits <= 16);
  const RowStatistics row = statistics(x);
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  for (std::size_t c = 0; c < x.size(); ++c) {
    const std::int64_t sum = row.normalize(x[c]) * params[c].gain + params[c].offset + half;
    y[c] = static_cast<std::int16_t>(saturate(sum >> shift, output_bits));
  }
}

}  // namespace vitsim::kernels
