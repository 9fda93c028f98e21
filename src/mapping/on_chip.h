// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/mapping/mapping.h"

namespace vitsim::mapping {

/// Answers whether an operator finds a window in the scratchpad: in a stay or a ring.
class OnChip {
 public:
  /// `mapping` must outlive it.
  OnChip(const Sequence& sequence, const Mapping& mapping);

  [[nodiscard]] bool holds(const model::View& view, int op) const;
  /// Whether the tensor passes through a ring.
  [[nodiscard]] bool in_ring(model::TensorId tensor) const {
    return in_ring_[static_cast<std::size_t>(tensor)];
  }

 private:
  std::vector<std::vector<const Stay*>> stays_;  ///< by tensor
  std::vector<bool> in_ring_;
};

}  // namespace vitsim::mapping
