// SPDX-License-Identifier: Apache-2.0
#include "vitsim/config/partition_layout.h"

#include "check_scratchpad.h"

namespace vitsim::config {

std::vector<PartitionRange> partition_layout(const Scratchpad& scratchpad) {
  if (!scratchpad.partitions) {
    return {{0, scratchpad.size_kib * Bytes{1024}, 0, scratchpad.banks}};
  }
  std::vector<PartitionRange> ranges;
  int left = scratchpad.banks;
  for (const PartitionKeys& keys : keys_of(*scratchpad.partitions)) {
    const int banks = keys.banks > 0 ? keys.banks : 1;
    ranges.push_back({0, keys.kib * Bytes{1024}, 0, banks});
    left -= banks;
  }
  for (; left > 0; --left) {
    PartitionRange* neediest = nullptr;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      // a / b > c / d, in whole numbers.
      if (keys_of(*scratchpad.partitions)[i].banks == 0 &&
          (neediest == nullptr ||
           ranges[i].bytes * neediest->banks > neediest->bytes * ranges[i].banks)) {
        neediest = &ranges[i];
      }
    }
    if (neediest == nullptr) {
      break;  // check() refuses banks that belong to nobody
    }
    ++neediest->banks;
  }
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    ranges[i].address = ranges[i - 1].address + ranges[i - 1].bytes;
    ranges[i].first_bank = ranges[i - 1].first_bank + ranges[i - 1].banks;
  }
  return ranges;
}

}  // namespace vitsim::config
