// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/bank_map.h"

#include <algorithm>
#include <bit>

#include "vitsim/config/partition_layout.h"
#include "vitsim/core/units.h"

namespace vitsim::timing {

BankMap::BankMap(const config::Scratchpad& scratchpad)
    : bank_count_(scratchpad.banks),
      banks_(scratchpad.banks),
      low_order_(!scratchpad.partitions &&
                 scratchpad.interleaving == config::Interleaving::kLowOrder),
      xor_(scratchpad.interleaving == config::Interleaving::kXor) {
  const int groups =
      scratchpad.interleaving == config::Interleaving::kByTensor ? scratchpad.bank_groups : 1;
  for (const config::PartitionRange& range : config::partition_layout(scratchpad)) {
    const std::int64_t first_word = range.address / scratchpad.bank_width_bytes;
    const auto words = ceil_div<Bytes>(range.bytes, scratchpad.bank_width_bytes);
    const auto group_words = ceil_div<std::int64_t>(words, groups);
    const int banks = range.banks / groups;
    for (int group = 0; group < groups; ++group) {
      regions_.push_back({first_word + group * group_words, range.first_bank + group * banks,
                          Divider(banks), std::countr_zero(static_cast<unsigned>(banks))});
    }
  }
}

int BankMap::bank_in_region(std::int64_t word) const {
  // The last that begins at or before the word.
  const Region& region =
      *std::prev(std::ranges::upper_bound(regions_, word, {}, &Region::first_word));
  const std::int64_t number = word - region.first_word;
  std::int64_t bank = region.banks.rest(number);
  if (xor_ && region.digit_bits > 0) {
    for (std::int64_t rest = region.banks.quotient(number); rest > 0; rest >>= region.digit_bits) {
      bank ^= region.banks.rest(rest);
    }
  }
  return region.first_bank + static_cast<int>(bank);
}

BankMap::Round BankMap::any_round(std::int64_t first, std::int64_t last) const {
  Round round;
  for (std::int64_t word = first; word <= last; ++word) {
    const std::uint64_t bank = std::uint64_t{1} << bank_in_region(word);
    if ((round.banks & bank) != 0) {
      break;
    }
    round.banks |= bank;
    ++round.words;
  }
  return round;
}

}  // namespace vitsim::timing
