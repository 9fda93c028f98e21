// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/scratchpad.h"
#include "vitsim/core/units.h"

namespace vitsim::timing {

/// What one request asks of the scratchpad, at the least.
struct PadAccess {
  Cycles cycles = 1;       ///< in which its port serves it, one round of banks a cycle
  std::int64_t words = 1;  ///< of banks
};

/// A run of `bytes`, wherever it begins.
PadAccess run_access(Bytes bytes, const config::Scratchpad& pad);

/// `count` elements that lie `stride` apart: a word that holds several is read once.
PadAccess strided_access(std::int64_t count, Bytes stride, const config::Scratchpad& pad);

/// Words that all banks together give or take in a cycle.
std::int64_t words_per_cycle(const config::Scratchpad& pad);

}  // namespace vitsim::timing
