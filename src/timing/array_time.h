// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/core/units.h"

namespace vitsim::timing {

/// The array's own time stands still while sums that are due find no room.
class ArrayTime {
 public:
  /// The cycle of array time `inside`, behind all that it stood still before.
  [[nodiscard]] Cycles to_cycle(Cycles inside) const;
  [[nodiscard]] Cycles to_inside(Cycles cycle) const;
  /// The cycle, or the next in which it does not stand still.
  [[nodiscard]] Cycles running(Cycles cycle) const;
  /// Before it goes on at `inside`.
  void stand_still(Cycles inside, Cycles cycles);

 private:
  struct Still {
    Cycles inside;
    Cycles from;
    Cycles end;
    Cycles before;  ///< cycles that it stood still earlier
  };
  std::vector<Still> stills_;
};

}  // namespace vitsim::timing
