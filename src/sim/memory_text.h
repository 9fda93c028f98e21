// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "vitsim/sim/run.h"

/// What the report for people says about memory.
namespace vitsim::sim {

/// What held the DMA while the array waited for loads, the largest part first; empty where it did
/// not wait: "bandwidth 61.2 %, latency 20.1 %".
std::string load_waits_text(const RunResult& result);

/// Where the image lies in the roofline.
std::string roofline_text(const RunResult& result);

/// A table of the kinds of tensors that move most bytes beyond those that must cross.
std::string traffic_table(const RunResult& result);

}  // namespace vitsim::sim
