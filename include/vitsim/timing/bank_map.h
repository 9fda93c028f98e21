// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "vitsim/config/scratchpad.h"
#include "vitsim/core/divider.h"

namespace vitsim::timing {

/// Which bank of the scratchpad holds a word, a run of bank_width_bytes. A partition, or a group of
/// banks with interleaving by_tensor, is a region: words in a row in banks of its own. The n-th
/// word of a region of B banks lies in
///
///     low_order, by_tensor   bank n mod B
///     xor                    bank d0 ^ d1 ^ ..., where d are the digits of n to the base B
///
/// of the region, so that B words in a row from a multiple of B on lie in different banks.
class BankMap {
 public:
  /// For configurations that config::check() lets pass.
  explicit BankMap(const config::Scratchpad& scratchpad);

  /// Words that one request can have in a cycle, in the order of addresses: as many as lie in
  /// different banks.
  struct Round {
    std::uint64_t banks = 0;  ///< a bit each
    std::int64_t words = 0;
  };

  [[nodiscard]] int bank_of(std::int64_t word) const {
    return low_order_ ? static_cast<int>(banks_.rest(word)) : bank_in_region(word);
  }
  /// The first round of the words [first, last].
  [[nodiscard]] Round round(std::int64_t first, std::int64_t last) const {
    return low_order_ ? low_order_round(first, last) : any_round(first, last);
  }

 private:
  struct Region {
    std::int64_t first_word;
    int first_bank;
    Divider banks;
    int digit_bits;  ///< of xor
  };

  [[nodiscard]] int bank_in_region(std::int64_t word) const;
  [[nodiscard]] Round any_round(std::int64_t first, std::int64_t last) const;
  [[nodiscard]] Round low_order_round(std::int64_t first, std::int64_t last) const {
    const std::uint64_t all = ~std::uint64_t{0} >> (64 - bank_count_);
    const std::int64_t words = last - first + 1;
    if (words >= bank_count_) {
      return {all, bank_count_};
    }
    const std::uint64_t run = (std::uint64_t{1} << words) - 1;
    const auto bank = static_cast<int>(banks_.rest(first));
    return {bank == 0 ? run : ((run << bank) | (run >> (bank_count_ - bank))) & all, words};
  }

  std::int64_t bank_count_;
  Divider banks_;
  bool low_order_;  ///< one region, low_order: what most machines have, without a look-up
  bool xor_;
  std::vector<Region> regions_;  ///< by address
};

}  // namespace vitsim::timing
