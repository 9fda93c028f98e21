// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "vitsim/sim/gemm_run.h"

namespace vitsim::sim {

/// All layers together.
struct GemmTotals {
  Cycles cycles = 0;
  Cycles closed_form = 0;
  Cycles machine_cycles = 0;
  std::int64_t folds = 0;
  std::int64_t macs = 0;
  stats::PeCycles pe_cycles;
  Bytes dram_read_bytes = 0;
  Bytes dram_write_bytes = 0;
  std::int64_t saturated_sums = 0;
  CheckResult check;
};
GemmTotals totals_of(const GemmOptions& options, const GemmResult& result);

}  // namespace vitsim::sim
