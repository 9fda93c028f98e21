// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "vitsim/stats/activity.h"

/// Causes of stalls as the report for people names them.
namespace vitsim::sim {

/// Indices of the causes that occur, the largest first, at most `count`.
std::vector<std::size_t> largest_stalls(const stats::CycleCount& activity, std::size_t count);
/// The cause's name with spaces: "wait dma load".
std::string stall_words(std::size_t cause);
/// What it means for the array: "the next product waits for a load".
std::string_view stall_meaning(std::size_t cause);

}  // namespace vitsim::sim
