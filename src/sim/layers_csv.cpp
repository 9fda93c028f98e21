// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "vitsim/sim/layer_rows.h"
#include "vitsim/sim/report.h"

namespace vitsim::sim {

std::string layers_csv(const RunResult& result) {
  const std::vector<LayerRow> rows = layer_rows(result);
  stats::CycleCount all;
  for (const LayerRow& row : rows) {
    all += row.activity;
  }

  std::string csv =
      "name,op,unit,cycles,exclusive_cycles,start_cycle,end_cycle,macs,pe_utilization,busy_cycles";
  for (std::size_t i = 0; i < stats::kStallCauseCount; ++i) {
    if (all.stalls[i] != 0) {
      csv += fmt::format(",stall_{}_cycles", stats::kStallCauseNames[i]);
    }
  }
  for (const std::string_view use : stats::kPeUseNames) {
    csv += fmt::format(",pe_{}_cycles", use);
  }
  csv += ",multiply_operations,add_operations,divide_operations,exp_operations";
  csv += ",dram_read_bytes,dram_write_bytes\n";

  for (const LayerRow& row : rows) {
    csv += fmt::format("{},{},{},{},{},{},{},{},{},{}", row.name, row.op, row.unit, row.cycles,
                       row.exclusive, row.start, row.end, row.macs,
                       row.pe_utilization ? fmt::format("{}", *row.pe_utilization) : "",
                       row.activity.busy);
    for (std::size_t i = 0; i < stats::kStallCauseCount; ++i) {
      if (all.stalls[i] != 0) {
        csv += fmt::format(",{}", row.activity.stalls[i]);
      }
    }
    for (const std::int64_t pe_cycles : row.pe_cycles.uses) {
      csv += fmt::format(",{}", pe_cycles);
    }
    const model::Operations& count = row.operations;
    csv += fmt::format(",{},{},{},{}", count.multiply, count.add, count.divide, count.exp);
    csv += fmt::format(",{},{}\n", row.dram_read_bytes, row.dram_write_bytes);
  }
  return csv;
}

}  // namespace vitsim::sim
