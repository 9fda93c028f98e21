// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "vitsim/config/accelerator.h"
#include "vitsim/model/gemm_topology.h"
#include "vitsim/sim/run.h"
#include "vitsim/stats/pe_cycles.h"

/// Products alone, without a network: `vitsim gemm`.
namespace vitsim::sim {

/// What is asked for. Progress says how many layers are done, parts of one included.
struct GemmOptions {
  config::Config config;
  std::vector<model::GemmLayer> layers;
  bool ideal_memory = false;  ///< the array alone: each operand is there, each sum is taken at once
  Check check = Check::kExact;
  std::uint64_t seed = 1;  ///< of the operands
  std::function<void(double layers_done, std::size_t layers)> progress;
};

/// One layer, from reset. `cycles` are those of the array: from the first operand that enters to
/// the last sums that leave, inclusive.
struct GemmLayerResult {
  Cycles cycles = 0;
  stats::PeCycles pe_cycles;
  Cycles machine_cycles = 0;  ///< from reset to the last byte in DRAM; 0 with an ideal memory
  Bytes dram_read_bytes = 0;
  Bytes dram_write_bytes = 0;
  std::int64_t values_compared = 0;
  std::int64_t mismatches = 0;
  std::string first_mismatch;
  std::int64_t saturated_sums = 0;  ///< finished sums that did not fit accumulator_bits
};

struct GemmResult {
  std::vector<GemmLayerResult> layers;  ///< as those of the options
  double wall_seconds = 0;
  std::int64_t peak_rss_bytes = 0;
  [[nodiscard]] std::int64_t mismatches() const;
};

/// Simulates the layers one after the other, each in a process of its own. ConfigError or
/// ModelError where one needs more memory than there is; SimulationError; Interrupted.
GemmResult run_gemm(const GemmOptions& options);

/// The JSON report, schema "vitsim.gemm/1" (docs/reports.md). `config_file` as the user named it.
nlohmann::ordered_json gemm_json(const GemmOptions& options, const GemmResult& result,
                                 const std::string& config_file);
/// The report for people.
std::string gemm_text(const GemmOptions& options, const GemmResult& result,
                      const std::string& config_file);

}  // namespace vitsim::sim
