// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <limits>

namespace vitsim::kernels {

/// Multiplication by a positive real factor in integers: x * multiplier / 2^shift, rounded half up.
/// 0 < multiplier < 2^31 (signed where a factor such as gamma may be negative), 1 <= shift <= 62.
struct Rescale {
  std::int32_t multiplier = 1;
  std::int32_t shift = 1;
  friend bool operator==(const Rescale&, const Rescale&) = default;
};

/// The Rescale nearest to `factor`, by frexp and llround in double; the multiplier has 31 bits
/// wherever the shift allows it. ConfigError where |factor| is zero, not finite or not
/// representable. A negative factor gives a negative multiplier.
Rescale make_rescale(double factor);

/// Clamps to a signed integer of `bits` bits, 1 to 64.
inline std::int64_t saturate(std::int64_t x, int bits) {
  assert(bits >= 1 && bits <= 64);
  const std::int64_t max = std::numeric_limits<std::int64_t>::max() >> (64 - bits);
  return std::clamp(x, -max - 1, max);
}

/// rescale() with a product of 128 bits.
std::int64_t rescale_wide(std::int64_t x, Rescale factor);

/// (x * multiplier + 2^(shift-1)) >> shift with an arithmetic shift and an exact product, not
/// saturated (other than to 64 bits).
inline std::int64_t rescale(std::int64_t x, Rescale factor) {
  assert(factor.shift >= 1 && factor.shift <= 62);
  if (x != static_cast<std::int32_t>(x)) {
    return rescale_wide(x, factor);
  }
  return (x * factor.multiplier + (std::int64_t{1} << (factor.shift - 1))) >> factor.shift;
}

/// rescale(), then saturate() to `bits`. Design, numerics.
inline std::int64_t requantize(std::int64_t x, Rescale factor, int bits) {
  return saturate(rescale(x, factor), bits);
}

}  // namespace vitsim::kernels
