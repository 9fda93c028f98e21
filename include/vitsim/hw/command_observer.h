// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "vitsim/core/units.h"
#include "vitsim/stats/activity.h"

namespace vitsim::hw {

/// Is told when commands begin and end. Commands have their numbers in the program.
class CommandObserver {
 public:
  virtual ~CommandObserver() = default;
  /// Goes out to its unit in `cycle`.
  virtual void on_released(Cycles cycle, std::size_t command) = 0;
  /// Its token was set in `cycle`, which is over. `activity`: of its unit or channel; null where
  /// nobody counts.
  virtual void on_done(Cycles cycle, std::size_t command, stats::Activity* activity) = 0;
};

}  // namespace vitsim::hw
