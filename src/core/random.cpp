// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/random.h"

#include <cassert>

namespace vitsim {

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    word = mixed ^ (mixed >> 31);
  }
}

std::int64_t Random::integer(std::int64_t low, std::int64_t high) {
  assert(low <= high);
  const auto base = static_cast<std::uint64_t>(low);
  const std::uint64_t count = static_cast<std::uint64_t>(high) - base + 1;
  if (count == 0) {
    return static_cast<std::int64_t>(next());
  }
  // The lowest 2^64 mod count numbers would make the small remainders more likely.
  const std::uint64_t rejected = -count % count;
  std::uint64_t number = next();
  while (number < rejected) {
    number = next();
  }
  return static_cast<std::int64_t>(base + number % count);
}

float Random::normal() {
  // Added as integers: the only rounding is the last one.
  std::int64_t sum = -6 * (std::int64_t{1} << 24);
  for (int i = 0; i < 12; ++i) {
    sum += static_cast<std::int64_t>(next() >> 40);
  }
  return static_cast<float>(sum) * 0x1p-24F;
}

}  // namespace vitsim
