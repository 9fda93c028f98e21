// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cassert>
#include <cstdint>

namespace vitsim {

/// Division of numbers >= 0 by one number > 0 that stays: a shift where it is a power of two, as
/// most sizes in hardware are.
class Divider {
 public:
  explicit Divider(std::int64_t divisor)
      : divisor_(divisor),
        shift_(std::has_single_bit(static_cast<std::uint64_t>(divisor))
                   ? std::countr_zero(static_cast<std::uint64_t>(divisor))
                   : kNoShift) {
    assert(divisor > 0);
  }
  [[nodiscard]] std::int64_t quotient(std::int64_t number) const {
    return shift_ == kNoShift ? number / divisor_ : number >> shift_;
  }
  [[nodiscard]] std::int64_t rest(std::int64_t number) const {
    return shift_ == kNoShift ? number % divisor_ : number & (divisor_ - 1);
  }

 private:
  static constexpr int kNoShift = -1;
  std::int64_t divisor_;
  int shift_;
};

}  // namespace vitsim
