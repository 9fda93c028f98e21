// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "vitsim/config/describe.h"
#include "vitsim/sim/gemm_run.h"
#include "vitsim/sim/version.h"
#include "vitsim/timing/array.h"
#include "vitsim/timing/gemm.h"

#include "check_report.h"
#include "gemm_totals.h"
#include "pe_json.h"

namespace vitsim::sim {
namespace {

using Json = nlohmann::ordered_json;

/// What only a run with memory has.
void add_machine(Json& json, Cycles cycles, Bytes read, Bytes written) {
  json["machine_cycles"] = cycles;
  json["dram_read_bytes"] = read;
  json["dram_write_bytes"] = written;
}

Json layers_json(const GemmOptions& options, const GemmResult& result) {
  const auto& array = options.config.accelerator.pe_array;
  Json layers = Json::array();
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const model::GemmLayer& layer = options.layers[i];
    const GemmLayerResult& measured = result.layers[i];
    Json json{
        {"name", layer.name},
        {"m", layer.shape.m},
        {"k", layer.shape.k},
        {"n", layer.shape.n},
        {"cycles", measured.cycles},
        {"closed_form_cycles", timing::gemm_cycles(layer.shape, array)},
        {"folds", timing::fold_count(layer.shape, array)},
        {"macs", layer.shape.macs()},
        {"pe_utilization", timing::pe_utilization(layer.shape.macs(), measured.cycles, array)},
        {"pe_cycles", pe_cycles_json(measured.pe_cycles)}};
    if (!options.ideal_memory) {
      add_machine(json, measured.machine_cycles, measured.dram_read_bytes,
                  measured.dram_write_bytes);
    }
    layers.push_back(std::move(json));
  }
  return layers;
}

}  // namespace

Json gemm_json(const GemmOptions& options, const GemmResult& result,
               const std::string& config_file) {
  const auto& machine = options.config.accelerator;
  const GemmTotals totals = totals_of(options, result);
  Json report;
  report["schema"] = "vitsim.gemm/1";
  report["version"] = version();
  report["files"] = {{"config", config_file}};
  report["config"] = config::to_json(options.config);
  report["memory"] = options.ideal_memory ? "ideal" : "simulated";
  report["seed"] = options.seed;
  Json& all = report["totals"];
  all["cycles"] = totals.cycles;
  all["closed_form_cycles"] = totals.closed_form;
  all["seconds"] = static_cast<double>(totals.cycles) / (machine.clock_mhz * 1e6);
  all["folds"] = totals.folds;
  all["macs"] = totals.macs;
  all["pe_utilization"] = timing::pe_utilization(totals.macs, totals.cycles, machine.pe_array);
  all["pe_cycles"] = pe_cycles_json(totals.pe_cycles);
  all["saturated_sums"] = totals.saturated_sums;
  if (!options.ideal_memory) {
    add_machine(all, totals.machine_cycles, totals.dram_read_bytes, totals.dram_write_bytes);
  }
  report["layers"] = layers_json(options, result);
  report["check"] = check_json(totals.check);
  report["host"] = {{"wall_seconds", result.wall_seconds},
                    {"peak_rss_bytes", result.peak_rss_bytes}};
  return report;
}

}  // namespace vitsim::sim
