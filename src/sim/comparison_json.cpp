// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/comparison.h"
#include "vitsim/sim/version.h"

#include "json_or_null.h"

namespace vitsim::sim {
namespace {

using Json = nlohmann::ordered_json;

/// What is the better the less it is.
Json costs_json(const Figures& run) {
  Json costs;
  costs["operators"] = Json::object();
  for (const OperatorCycles& row : run.operators) {
    costs["operators"][row.name] = {{"exclusive_cycles", row.exclusive_cycles}};
  }
  costs["attention_cycles"] = run.attention_cycles;
  costs["end_to_end"] = {{"cycles", run.cycles}, {"seconds", run.seconds}};
  costs["dram_read_bytes"] = run.dram_read_bytes;
  costs["dram_write_bytes"] = run.dram_write_bytes;
  costs["attention_dram_bytes"] = run.attention_dram_bytes;
  costs["scratchpad_read_bytes"] = run.scratchpad_read_bytes;
  costs["scratchpad_write_bytes"] = run.scratchpad_write_bytes;
  for (const OperationCount& row : run.operations) {
    costs["operations"][row.kind] = {{"image", row.image}, {"attention", row.attention}};
  }
  return costs;
}

/// For each number of `second` how many times less it is than that of `first`; null where it is
/// zero or `first` has none.
Json ratios_json(const Json& first, const Json& second) {
  if (second.is_object()) {
    Json ratios = Json::object();
    for (const auto& [key, value] : second.items()) {
      ratios[key] = ratios_json(first.is_object() ? first.value(key, Json()) : Json(), value);
    }
    return ratios;
  }
  return or_null(times_less(first.is_number() ? std::optional(first.get<double>()) : std::nullopt,
                            second.get<double>()));
}

Json accuracy_json(const Figures& run) {
  return {{"top1", or_null(run.top1)},
          {"float_images", run.float_images},
          {"same_as_float", run.same_as_float},
          {"logits_sqnr_db", run.sqnr_db ? finite_or_null(*run.sqnr_db) : Json()},
          {"integer_mismatches", or_null(run.integer_mismatches)}};
}

Json figures_json(const Figures& first, const ComparedRun& run, const Figures& figures) {
  Json json{{"name", run.name}};
  const Json costs = costs_json(figures);
  json.update(costs);
  json["end_to_end"]["images_per_second"] = 1 / figures.seconds;
  json["pe_utilization"] = figures.pe_utilization;
  json["attention_pe_utilization"] = figures.attention_pe_utilization;
  json["accuracy"] = accuracy_json(figures);
  json["ratios"] = ratios_json(costs_json(first), costs);
  return json;
}

}  // namespace

Json comparison_json(const Comparison& comparison) {
  Json report;
  report["schema"] = "vitsim.compare/1";
  report["version"] = version();
  report["model"] = comparison.model;
  report["weights"] = comparison.weights;
  report["input"] = comparison.input;
  report["settings"] = comparison.settings;
  report["runs"] = Json::array();
  report["comparison"] = Json::array();
  const Figures first = figures_of(comparison.runs.front().report);
  for (const ComparedRun& run : comparison.runs) {
    report["runs"].push_back({{"name", run.name},
                              {"config", run.config},
                              {"settings", run.settings},
                              {"report", run.report}});
    report["comparison"].push_back(figures_json(first, run, figures_of(run.report)));
  }
  return report;
}

}  // namespace vitsim::sim
