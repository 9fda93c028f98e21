// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vitsim/core/units.h"

namespace vitsim::hw {

/// Which bytes of a memory were written, a bit for each; none at first.
class WrittenMap {
 public:
  explicit WrittenMap(Bytes size) : words_(static_cast<std::size_t>(ceil_div(size, kWord))) {}

  void set(Bytes address, Bytes count) {
    for_words(address, count, [this](std::size_t word, std::uint64_t mask) {
      words_[word] |= mask;
      return true;
    });
  }
  void clear(Bytes address, Bytes count) {
    for_words(address, count, [this](std::size_t word, std::uint64_t mask) {
      words_[word] &= ~mask;
      return true;
    });
  }
  /// The first unwritten address in [address, address + count), or -1.
  [[nodiscard]] Bytes first_unwritten(Bytes address, Bytes count) const {
    Bytes hole = -1;
    for_words(address, count, [this, &hole](std::size_t word, std::uint64_t mask) {
      const std::uint64_t missing = ~words_[word] & mask;
      if (missing != 0) {
        hole = static_cast<Bytes>(word) * kWord + std::countr_zero(missing);
      }
      return missing == 0;
    });
    return hole;
  }

 private:
  static constexpr Bytes kWord = 64;

  /// Calls f(word, mask of the bits in it) along the addresses, as long as it returns true.
  template <class F>
  static void for_words(Bytes address, Bytes count, F f) {
    while (count > 0) {
      const Bytes bit = address % kWord;
      const Bytes bits = std::min(kWord - bit, count);
      const std::uint64_t mask = (~std::uint64_t{0} >> (kWord - bits)) << bit;
      if (!f(static_cast<std::size_t>(address / kWord), mask)) {
        return;
      }
      address += bits;
      count -= bits;
    }
  }

  std::vector<std::uint64_t> words_;
};

}  // namespace vitsim::hw
