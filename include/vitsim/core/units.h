// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace vitsim {

/// Cycles of the core clock.
using Cycles = std::int64_t;
/// Sizes and addresses in bytes.
using Bytes = std::int64_t;

/// ceil(a / b) for a >= 0, b > 0.
template <class T>
constexpr T ceil_div(T a, T b) {
  return (a + b - 1) / b;
}

/// The smallest multiple of `step` that is not below `value`.
template <class T>
constexpr T round_up(T value, T step) {
  return ceil_div(value, step) * step;
}

/// Bytes that one element of `bits` bits takes in memory: 1 up to 8 bits, 2 up to 16.
constexpr int element_bytes(int bits) { return bits <= 8 ? 1 : 2; }

}  // namespace vitsim
