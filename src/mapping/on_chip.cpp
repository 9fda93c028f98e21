// SPDX-License-Identifier: Apache-2.0
#include "on_chip.h"

#include <algorithm>

namespace vitsim::mapping {

OnChip::OnChip(const Sequence& sequence, const Mapping& mapping)
    : stays_(sequence.graph().tensors.size()), in_ring_(sequence.graph().tensors.size(), false) {
  for (const Stay& stay : mapping.stays) {
    stays_[static_cast<std::size_t>(stay.tensor)].push_back(&stay);
  }
  for (const Group& group : mapping.groups) {
    for (const Ring& ring : group.rings) {
      for (int op = group.first + ring.stage; op <= group.last; op += group.stages) {
        in_ring_[static_cast<std::size_t>(sequence.op(op).out.tensor)] = true;
      }
    }
  }
}

bool OnChip::holds(const model::View& view, int op) const {
  const auto id = static_cast<std::size_t>(view.tensor);
  return in_ring_[id] || std::ranges::any_of(stays_[id], [&](const Stay* stay) {
           return stay->first <= op && op <= stay->last && stay->col <= view.col &&
                  view.col + view.cols <= stay->col + stay->cols;
         });
}

}  // namespace vitsim::mapping
