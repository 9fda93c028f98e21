// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/shiftgelu.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace vitsim::kernels {
namespace {

constexpr int kFractionBits = 23;
constexpr int kSigmaBits = 8;
constexpr double kSigmoidSlope = 1.702;
constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();

/// Calls store(i, x[i] sigma) for each element of a row.
template <class T, class Store>
void gate(const IntExp& exp, std::span<const T> x, Store store) {
  assert(!x.empty());
  const std::int64_t max = *std::max_element(x.begin(), x.end());
  const std::int64_t exp_of_zero = exp(-max);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::int64_t exp_of_x = exp(x[i] - max);
    // Neither exponential is 0 or above kMax: the product is at most kMax, sigma at most 127.
    const std::int64_t reciprocal = kMax / std::min(exp_of_x + exp_of_zero, kMax);
    const std::int64_t sigma = (exp_of_x * reciprocal) >> (32 - kSigmaBits);
    store(i, x[i] * sigma);
  }
}

}  // namespace

ShiftGelu::ShiftGelu(double scale, double output_scale, int output_bits)
    : exp_(kSigmoidSlope * scale, kFractionBits),
      rescale_(make_rescale(scale / (1 << (kSigmaBits - 1)) / output_scale)),
      output_bits_(output_bits) {
  assert(output_bits >= 1 && output_bits <= 16);
}

void ShiftGelu::raw(std::span<const std::int32_t> x, std::span<std::int64_t> y) const {
  assert(x.size() == y.size());
  gate(exp_, x, [&](std::size_t i, std::int64_t gated) { y[i] = gated; });
}

void ShiftGelu::operator()(std::span<const std::int16_t> x, std::span<std::int16_t> y) const {
  assert(x.size() == y.size());
  gate(exp_, x, [&](std::size_t i, std::int64_t gated) {
    y[i] = static_cast<std::int16_t>(requantize(gated, rescale_, output_bits_));
  });
}

}  // namespace vitsim::kernels
