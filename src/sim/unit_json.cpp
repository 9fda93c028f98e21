// SPDX-License-Identifier: Apache-2.0
#include "unit_json.h"

#include <nlohmann/json.hpp>

namespace vitsim::sim {

using Json = nlohmann::ordered_json;

Json stalls_json(const stats::CycleCount& activity) {
  Json stalls = Json::object();
  for (std::size_t i = 0; i < stats::kStallCauseCount; ++i) {
    if (activity.stalls[i] != 0) {
      stalls[std::string(stats::kStallCauseNames[i])] = activity.stalls[i];
    }
  }
  return stalls;
}

Json units_json(const ImageTiming& timing) {
  Json units = Json::object();
  for (const UnitReport& unit : timing.units) {
    Json& entry = units[unit.name] = Json::object();
    if (unit.has_activity) {
      entry["busy_cycles"] = unit.activity.busy;
      entry["stall_cycles"] = stalls_json(unit.activity);
    }
    for (const auto& counter : unit.counters) {
      entry[counter.name] = counter.value;
    }
  }
  return units;
}

}  // namespace vitsim::sim
