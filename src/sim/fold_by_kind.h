// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "vitsim/sim/layer_name.h"

namespace vitsim::sim {

/// Sums up the rows of all encoder blocks by kind_of() their names, in the order in which the kinds
/// come first. `Row` has a `name`, the number of `layers` that it stands for, and adds up with +=.
template <class Row>
std::vector<Row> fold_by_kind(const std::vector<Row>& rows) {
  std::vector<Row> folded;
  for (const Row& row : rows) {
    const std::string kind = kind_of(row.name);
    const auto sum = std::ranges::find(folded, kind, &Row::name);
    if (sum == folded.end()) {
      folded.push_back(row);
      folded.back().name = kind;
    } else {
      *sum += row;
    }
  }
  return folded;
}

}  // namespace vitsim::sim
