// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include "vitsim/config/field.h"

namespace vitsim::config {

enum class MappingStrategy { kGreedy, kSearch, kFile };
inline constexpr std::array kMappingStrategyNames{EnumName{"greedy", MappingStrategy::kGreedy},
                                                  EnumName{"search", MappingStrategy::kSearch},
                                                  EnumName{"file", MappingStrategy::kFile}};
enum class MappingObjective { kCycles, kTraffic };
inline constexpr std::array kMappingObjectiveNames{EnumName{"cycles", MappingObjective::kCycles},
                                                   EnumName{"traffic", MappingObjective::kTraffic}};

/// How a network is laid out on the machine.
struct Mapping {
  MappingStrategy strategy = MappingStrategy::kGreedy;
  MappingObjective objective = MappingObjective::kCycles;
  int finalists = 6;
  std::string file;

  template <class Visitor>
  void fields(Visitor& visit) {
    const bool searches = strategy == MappingStrategy::kSearch;
    visit("strategy", strategy, kMappingStrategyNames,
          "greedy: one pass; search: the best of many; file: one that was written down");
    visit("objective", objective, kMappingObjectiveNames, "what the search wants least of",
          OnlyIf{searches});
    visit("finalists", finalists, Range{1, 64},
          "mappings that are simulated before one is chosen, beside greedy's",
          OnlyIf{searches && objective == MappingObjective::kCycles});
    visit("file", file, "the mapping, as `vitsim map -o` writes it",
          OnlyIf{strategy == MappingStrategy::kFile});
  }
};

}  // namespace vitsim::config
