// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/int_exp.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "vitsim/core/error.h"

namespace vitsim::kernels {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();

/// floor(x / divisor) for a negative divisor.
std::int64_t floor_divide(std::int64_t x, std::int64_t divisor) {
  const std::int64_t quotient = x / divisor;
  return x > 0 && quotient * divisor != x ? quotient - 1 : quotient;
}

}  // namespace

IntExp::IntExp(double scale, int n) : n_(n) {
  assert(n >= 1 && n <= 30);
  const double x0 = std::floor(-1.0 / scale);
  if (!(scale > 0) || !std::isfinite(scale) || !(x0 < 0) || x0 < -static_cast<double>(kMax)) {
    throw ModelError(fmt::format(
        "integer exponential: got a scale of {}, expected one that is finite and above 2^-31",
        scale));
  }
  x0_ = static_cast<std::int64_t>(x0);
}

std::int64_t IntExp::operator()(std::int64_t x) const {
  x = std::max(x + (x >> 1) - (x >> 4), n_ * x0_);
  const std::int64_t q = floor_divide(x, x0_);
  // In (0, 2^32): the remainder is in (x0, 0]. It is at least 2 where q < n, so that no result
  // is 0 and sums of results can be divided by.
  const std::int64_t mantissa = x - q * x0_ - 2 * x0_;
  const std::int64_t shift = n_ - 1 - q;
  if (shift < 0) {
    return mantissa >> 1;
  }
  return shift > 30 ? kMax : std::min(mantissa << shift, kMax);
}

}  // namespace vitsim::kernels
