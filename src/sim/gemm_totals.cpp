// SPDX-License-Identifier: Apache-2.0
#include "gemm_totals.h"

#include <fmt/format.h>

#include "vitsim/timing/gemm.h"

namespace vitsim::sim {

GemmTotals totals_of(const GemmOptions& options, const GemmResult& result) {
  const auto& array = options.config.accelerator.pe_array;
  GemmTotals totals;
  totals.check.kind = options.check;
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const model::GemmShape& shape = options.layers[i].shape;
    const GemmLayerResult& layer = result.layers[i];
    totals.cycles += layer.cycles;
    totals.closed_form += timing::gemm_cycles(shape, array);
    totals.machine_cycles += layer.machine_cycles;
    totals.folds += timing::fold_count(shape, array);
    totals.macs += shape.macs();
    totals.pe_cycles += layer.pe_cycles;
    totals.dram_read_bytes += layer.dram_read_bytes;
    totals.dram_write_bytes += layer.dram_write_bytes;
    totals.check.values_compared += layer.values_compared;
    totals.check.integer_mismatches += layer.mismatches;
    totals.saturated_sums += layer.saturated_sums;
    if (totals.check.first_mismatch.empty() && layer.mismatches > 0) {
      totals.check.first_mismatch =
          fmt::format("layer '{}': {}", options.layers[i].name, layer.first_mismatch);
    }
  }
  return totals;
}

}  // namespace vitsim::sim
