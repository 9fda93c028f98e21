// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "vitsim/sim/run.h"

namespace vitsim::sim {

/// The run as a self-contained page for people who would rather look than read: where the cycles of
/// an image went by kind of operator, what the array did in them, every layer on a timeline, and a
/// table. Pictures are inline SVG; no script, nothing is fetched.
std::string to_html(const RunResult& result);

}  // namespace vitsim::sim
