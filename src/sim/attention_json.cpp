// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "vitsim/config/describe.h"
#include "vitsim/sim/attention_run.h"
#include "vitsim/sim/version.h"

#include "check_report.h"
#include "unit_json.h"

namespace vitsim::sim {
namespace {

using Json = nlohmann::ordered_json;

Json times_json(const ArrayTimes& times, int layers) {
  Json json;
  for (std::size_t i = 0; i < times.size(); ++i) {
    json[std::string(kArrayTimeNames[i])] = times[i] * layers;
  }
  return json;
}

}  // namespace

Json attention_json(const AttentionOptions& options, const AttentionResult& result,
                    const std::string& config_file) {
  Json report;
  report["schema"] = "vitsim.attention/1";
  report["version"] = version();
  report["files"] = {{"config", config_file}};
  report["config"] = config::to_json(options.config);
  report["attention"] = config::name_of(config::kAttentionNames, result.attention);
  report["tokens"] = options.shape.tokens;
  report["heads"] = options.shape.heads;
  report["head_dim"] = options.shape.head_dim;
  report["memory"] = options.ideal_memory ? "ideal" : "simulated";
  report["seed"] = options.seed;
  report["totals"] = {{"layers", options.layers},
                      {"cycles", result.cycles * options.layers},
                      {"seconds", static_cast<double>(result.cycles * options.layers) /
                                      (options.config.accelerator.clock_mhz * 1e6)},
                      {"closed_form_cycles",
                       result.closed_form ? Json(*result.closed_form * options.layers) : Json()},
                      {"array_cycles", times_json(result.array_times, options.layers)}};
  report["layer"] = {{"cycles", result.cycles},
                     {"array_cycles", times_json(result.array_times, 1)}};
  Json& steps = report["steps"];
  steps = Json::array();
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const LayerTiming& timing = result.timing.layers[i];
    steps.push_back({{"name", result.layers[i].name},
                     {"unit", mapping::name_of(result.layers[i].unit)},
                     {"start_cycle", timing.start},
                     {"end_cycle", timing.end},
                     {"busy_cycles", timing.unit.busy}});
  }
  report["units"] = units_json(result.timing);
  report["check"] = check_json(result.check);
  report["host"] = {{"wall_seconds", result.wall_seconds},
                    {"peak_rss_bytes", result.peak_rss_bytes}};
  return report;
}

}  // namespace vitsim::sim
