// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/core/error.h"
#include "vitsim/sweep/collect.h"

namespace vitsim::cli {

/// Says what was collected; kCheckFailed where shards are not complete.
ExitCode report_collected(const sweep::Collected& collected);

}  // namespace vitsim::cli
