// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "vitsim/kernels/highway_targets.h"

namespace vitsim::test {

/// Calls `body` once for each of Highway's targets that this processor has, the portable one
/// included, with kernels dispatched to it.
template <class Body>
void for_each_target(Body body) {
  const auto use = [](std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  };
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    use(target);
    body();
  }
  use(0);
}

}  // namespace vitsim::test
