// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "vitsim/stats/pe_cycles.h"

namespace vitsim::sim {

/// PE-cycles by use, of `times` such runs.
inline nlohmann::ordered_json pe_cycles_json(const stats::PeCycles& pe_cycles,
                                             std::int64_t times = 1) {
  auto uses = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < stats::kPeUseCount; ++i) {
    uses[std::string(stats::kPeUseNames[i])] = pe_cycles.uses[i] * times;
  }
  return uses;
}

}  // namespace vitsim::sim
