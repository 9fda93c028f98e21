// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/core/units.h"

namespace vitsim::mapping {

/// Bytes that are in use while operators [first, last] run.
struct Block {
  int first = 0;
  int last = 0;
  Bytes bytes = 0;
  /// Operator up to which its bytes had better not be given away: so what comes next can be loaded
  /// while this is still being read.
  int linger = 0;
};

struct Packing {
  std::vector<Bytes> addresses;  ///< of each block
  Bytes height = 0;              ///< behind the last byte in use
};

/// Gives each block an address, a multiple of `alignment`, so that no two that are in use during
/// one operator overlap: long blocks first, then large ones, each at the lowest address that is
/// free. Blocks linger where that keeps the height within `limit`; else it is as if they did not.
/// The height depends on no capacity, so what fits a scratchpad fits every larger one.
Packing pack(const std::vector<Block>& blocks, Bytes alignment, Bytes limit);

}  // namespace vitsim::mapping
