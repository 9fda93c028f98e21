// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/partitions.h"

namespace vitsim::mapping {

Room capacity_of(const config::Scratchpad& scratchpad) {
  Room room;
  std::size_t partition = 0;
  for (const config::PartitionRange& range : config::partition_layout(scratchpad)) {
    room.bytes[partition++] = range.bytes;
  }
  return room;
}

}  // namespace vitsim::mapping
