// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/requantize.h"

#include <cmath>

#include <fmt/format.h>

#include "vitsim/core/error.h"

#include "int128.h"

namespace vitsim::kernels {
namespace {

constexpr int kMaxShift = 62;
constexpr std::int64_t kMultiplierEnd = std::int64_t{1} << 31;

}  // namespace

Rescale make_rescale(double factor) {
  if (!std::isfinite(factor) || factor == 0) {
    throw ConfigError(
        fmt::format("scales: got a ratio of {}, expected one that is finite and not 0", factor));
  }
  int exponent = 0;
  const double mantissa = std::frexp(factor, &exponent);
  // factor = mantissa 2^exponent with |mantissa| in [1/2, 1): a multiplier of 31 bits.
  int shift = 31 - exponent;
  long long multiplier = std::llround(std::ldexp(mantissa, 31));
  if (std::abs(multiplier) == kMultiplierEnd) {
    multiplier /= 2;
    --shift;
  }
  if (shift > kMaxShift) {
    shift = kMaxShift;
    multiplier = std::llround(std::ldexp(factor, kMaxShift));
  }
  if (shift < 1 || multiplier == 0) {
    throw ConfigError(fmt::format(
        "scales: got a ratio of {}, expected an absolute value from 2^-63 to below 2^30", factor));
  }
  return {static_cast<std::int32_t>(multiplier), shift};
}

std::int64_t rescale_wide(std::int64_t x, Rescale factor) {
  const Int128 half = Int128{1} << (factor.shift - 1);
  return saturate64((Int128{x} * factor.multiplier + half) >> factor.shift);
}

}  // namespace vitsim::kernels
