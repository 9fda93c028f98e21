// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace vitsim {

/// A seeded generator (xoshiro256**, seeded by splitmix64) whose numbers are the same on every
/// compiler and processor; the distributions of <random> are not.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  /// 64 random bits.
  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  /// An integer in [low, high].
  std::int64_t integer(std::int64_t low, std::int64_t high);
  /// A float in [0, 1) of 24 random bits.
  float uniform() { return static_cast<float>(next() >> 40) * 0x1p-24F; }
  /// About normal, mean 0 and standard deviation 1: a sum of twelve uniform numbers less six, so
  /// that no libm function is involved. Exact in float arithmetic on any processor.
  float normal();

 private:
  std::uint64_t state_[4];
};

}  // namespace vitsim
