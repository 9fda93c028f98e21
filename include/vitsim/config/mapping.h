// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "vitsim/config/field.h"

namespace vitsim::config {

enum class MappingStrategy { kGreedy, kSearch };
inline constexpr std::array kMappingStrategyNames{EnumName{"greedy", MappingStrategy::kGreedy},
                                                  EnumName{"search", MappingStrategy::kSearch}};
enum class MappingObjective { kCycles, kTraffic };
inline constexpr std::array kMappingObjectiveNames{EnumName{"cycles", MappingObjective::kCycles},
                                                   EnumName{"traffic", MappingObjective::kTraffic}};

/// How a network is laid out on the machine.
struct Mapping {
  MappingStrategy strategy = MappingStrategy::kGreedy;
  MappingObjective objective = MappingObjective::kCycles;
  int finalists = 3;

  template <class Visitor>
  void fields(Visitor& visit) {
    const bool searches = strategy == MappingStrategy::kSearch;
    visit("strategy", strategy, kMappingStrategyNames,
          "greedy: one pass; search: the best of many");
    visit("objective", objective, kMappingObjectiveNames, "what the search wants least of",
          OnlyIf{searches});
    visit("finalists", finalists, Range{1, 64},
          "mappings that are simulated before one is chosen, beside greedy's",
          OnlyIf{searches && objective == MappingObjective::kCycles});
  }
};

}  // namespace vitsim::config
