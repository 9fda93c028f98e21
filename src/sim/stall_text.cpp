// SPDX-License-Identifier: Apache-2.0
#include "stall_text.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace vitsim::sim {
namespace {

constexpr std::array<std::string_view, stats::kStallCauseCount> kMeanings{
    "loads its stationary operand and streams nothing",
    "waits for its last sums to leave",
    "no row of the streaming operand has come",
    "no row of the stationary operand has come",
    "what comes after it takes no sums",
    "a read of the scratchpad has not been answered",
    "a write to the scratchpad has not been granted",
    "DRAM has not answered",
    "the next product waits for a load from DRAM",
    "the next product waits for a store to DRAM",
    "the next product waits for the one before",
    "the next product waits for softmax",
    "the next product waits for GELU",
    "the next product waits for layer norm",
    "the next product waits for the vector unit",
    "the next product waits for sums over tokens",
    "the next product waits for divisions",
    "the next product waits for row additions",
    "the next product waits for SA-Diag",
    "no sums have come from the unit before"};
static_assert(!kMeanings.back().empty());

}  // namespace

std::vector<std::size_t> largest_stalls(const stats::CycleCount& activity, std::size_t count) {
  std::vector<std::size_t> causes(stats::kStallCauseCount);
  std::iota(causes.begin(), causes.end(), std::size_t{0});
  std::erase_if(causes, [&](std::size_t cause) { return activity.stalls[cause] == 0; });
  std::ranges::stable_sort(causes, std::greater{},
                           [&](std::size_t cause) { return activity.stalls[cause]; });
  causes.resize(std::min(count, causes.size()));
  return causes;
}

std::string stall_words(std::size_t cause) {
  std::string words(stats::kStallCauseNames[cause]);
  std::ranges::replace(words, '_', ' ');
  if (words.ends_with(" unit")) {
    words.resize(words.size() - 5);
  }
  return words;
}

std::string_view stall_meaning(std::size_t cause) { return kMeanings[cause]; }

}  // namespace vitsim::sim
