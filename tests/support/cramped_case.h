// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <ostream>

#include "support/random_case.h"

namespace vitsim::test {

/// Small arrays of each kind, by name.
struct NamedArray {
  const char* name;
  config::PeArray array;
  friend std::ostream& operator<<(std::ostream& out, const NamedArray& named) {
    return out << named.name;
  }
};
std::array<NamedArray, 4> small_arrays();

/// A scratchpad so small that tiles are cut in all three dimensions, slots are used again at once
/// and tensors go through DRAM. Some products contract more than it holds of any column.
Case cramped_case(const config::PeArray& array,
                  config::Attention attention = config::Attention::kSoftmax);

}  // namespace vitsim::test
