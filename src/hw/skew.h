// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "vitsim/core/matrix.h"

namespace vitsim::hw {

/// A triangle of registers at the edge of an array: lane i of a vector comes out `delay(i)` cycles
/// after it went in. Kept as a ring of the vectors that will come out.
template <class T>
class Skew {
 public:
  /// Lane i waits i cycles, or, `reversed`, lanes - 1 - i.
  Skew(std::int64_t lanes, bool reversed) : reversed_(reversed), ring_(lanes, lanes) {}

  void put(std::int64_t lane, T value) {
    const std::int64_t delay = reversed_ ? ring_.rows() - 1 - lane : lane;
    ring_((now_ + delay) % ring_.rows(), lane) = value;
  }
  /// What comes out in this cycle, zero where nothing went in.
  [[nodiscard]] std::span<const T> out() const { return ring_.row(now_); }
  void step() {
    std::ranges::fill(ring_.row(now_), T{});
    now_ = (now_ + 1) % ring_.rows();
  }
  void clear() { ring_ = Matrix<T>(ring_.rows(), ring_.cols()); }

 private:
  bool reversed_;
  Matrix<T> ring_;
  std::int64_t now_ = 0;
};

}  // namespace vitsim::hw
