// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/mapping/sequence.h"

namespace vitsim::mapping {

/// Operators that can work tile by tile of rows, one behind the other: each reads rows that the one
/// before has computed, and nobody outside the chain reads these. `copies` chains alike follow each
/// other (the heads of a layer).
struct Chain {
  int first = 0;
  int stages = 0;
  int copies = 1;
  [[nodiscard]] int last() const { return first + stages * copies - 1; }
};

/// All chains of two stages and more, parts of longer ones included, in order of their first
/// operator. Where copies follow each other, all of them are one Chain.
std::vector<Chain> chains_of(const Sequence& sequence);

/// The last stage of the chain that reads what `stage` computes.
int last_reader(const Sequence& sequence, const Chain& chain, int stage);

}  // namespace vitsim::mapping
