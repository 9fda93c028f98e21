// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "vitsim/sim/run.h"

/// What `report.json` says about memory (docs/reports.md).
namespace vitsim::sim {

/// `totals.dram_traffic`, of all images.
nlohmann::ordered_json dram_traffic_json(const RunResult& result);
/// `totals.array_waits`, of all images.
nlohmann::ordered_json array_waits_json(const RunResult& result);
nlohmann::ordered_json traffic_json(const RunResult& result);
nlohmann::ordered_json roofline_json(const RunResult& result);
nlohmann::ordered_json timeline_json(const RunResult& result);

}  // namespace vitsim::sim
