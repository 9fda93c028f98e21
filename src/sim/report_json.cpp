// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/config/describe.h"
#include "vitsim/sim/layer_rows.h"
#include "vitsim/sim/report.h"
#include "vitsim/sim/version.h"
#include "vitsim/timing/array.h"

#include "check_report.h"
#include "json_or_null.h"
#include "memory_json.h"
#include "pe_json.h"
#include "unit_json.h"

namespace vitsim::sim {
namespace {

using Json = nlohmann::ordered_json;

double ratio(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

/// The double whose shortest decimal form is the float's: 0.1f becomes 0.1.
double shortest(float x) {
  const std::string digits = fmt::format("{}", x);
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Json operations_json(const model::Operations& count, std::int64_t times = 1) {
  return {{"multiply", count.multiply * times},
          {"add", count.add * times},
          {"divide", count.divide * times},
          {"exp", count.exp * times}};
}

Json totals_json(const RunResult& result) {
  const ImageTiming& image = result.timing;
  const std::int64_t images = result.images;
  const std::int64_t macs = mapping::total_macs(result.layers);
  const double hertz = result.config.accelerator.clock_mhz * 1e6;
  Json totals;
  totals["cycles"] = image.cycles * images;
  totals["cycles_per_image"] = image.cycles;
  totals["seconds"] = static_cast<double>(image.cycles * images) / hertz;
  totals["macs"] = macs * images;
  const OperationTotals operations = operation_totals(result.layers);
  totals["operations"] = operations_json(operations.all, images);
  totals["attention_operations"] = operations_json(operations.attention, images);
  totals["pes"] = timing::pe_count(result.config.accelerator.pe_array);
  totals["pe_utilization"] =
      timing::pe_utilization(macs, image.cycles, result.config.accelerator.pe_array);
  totals["pe_cycles"] = pe_cycles_json(image.pe_cycles, images);
  totals["dram_read_bytes"] = image.counter("dram", "read_bytes") * images;
  totals["dram_write_bytes"] = image.counter("dram", "write_bytes") * images;
  totals["scratchpad_read_bytes"] = image.counter("scratchpad", "read_bytes") * images;
  totals["scratchpad_write_bytes"] = image.counter("scratchpad", "write_bytes") * images;
  totals["dram_traffic"] = dram_traffic_json(result);
  totals["array_waits"] = array_waits_json(result);
  totals["energy_pj"] = nullptr;
  totals["area_mm2"] = nullptr;
  totals[std::string(kSaturatedSums.name)] = result.range_counts.*kSaturatedSums.value;
  if (result.config.accelerator.taylor_pipeline) {
    for (const RangeCount& count : kTaylorCounts) {
      totals[std::string(count.name)] = result.range_counts.*count.value;
    }
  }
  const Accuracy accuracy = accuracy_of(result);
  if (accuracy.labels > 0) {
    totals["top1"] = ratio(accuracy.correct, accuracy.labels);
  }
  if (accuracy.float_runs > 0) {
    totals["float_top1"] = ratio(accuracy.float_correct, accuracy.float_runs);
  }
  return totals;
}

Json layers_json(const RunResult& result) {
  Json layers = Json::array();
  for (const LayerRow& row : layer_rows(result)) {
    layers.push_back({{"name", row.name},
                      {"op", row.op},
                      {"unit", row.unit},
                      {"cycles", row.cycles},
                      {"exclusive_cycles", row.exclusive},
                      {"start_cycle", row.start},
                      {"end_cycle", row.end},
                      {"macs", row.macs},
                      {"operations", operations_json(row.operations)},
                      {"pe_utilization", or_null(row.pe_utilization)},
                      {"busy_cycles", row.activity.busy},
                      {"stall_cycles", stalls_json(row.activity)},
                      {"pe_cycles", pe_cycles_json(row.pe_cycles)},
                      {"dram_read_bytes", row.dram_read_bytes},
                      {"dram_write_bytes", row.dram_write_bytes}});
  }
  return layers;
}

Json conflicts_json(const RunResult& result) {
  Json conflicts = Json::array();
  for (const BankConflict& conflict : result.timing.conflicts) {
    conflicts.push_back(
        {{"loser", conflict.loser}, {"winner", conflict.winner}, {"cycles", conflict.cycles}});
  }
  return conflicts;
}

Json requesters_json(const RunResult& result) {
  Json requesters = Json::array();
  for (const PadRequester& requester : result.timing.requesters) {
    requesters.push_back({{"name", requester.name},
                          {"read_bytes", requester.read_bytes},
                          {"write_bytes", requester.write_bytes}});
  }
  return requesters;
}

/// How the network was laid out, and what else was tried.
Json mapping_json(const RunResult& result) {
  const config::Mapping& wish = result.config.mapping;
  Json mapping = {{"strategy", config::name_of(config::kMappingStrategyNames, wish.strategy)}};
  if (wish.strategy != config::MappingStrategy::kSearch) {
    return mapping;
  }
  mapping["objective"] = config::name_of(config::kMappingObjectiveNames, wish.objective);
  mapping["chosen"] = result.chosen_trial;
  mapping["trials"] = Json::array();
  for (const MappingTrial& trial : result.mapping_trials) {
    mapping["trials"].push_back({{"origin", trial.origin},
                                 {"least_cycles", trial.least_cycles},
                                 {"cycles", trial.cycles ? Json(*trial.cycles) : Json(nullptr)},
                                 {"dram_bytes", trial.traffic},
                                 {"scratchpad_bytes", trial.scratchpad_bytes}});
  }
  return mapping;
}

Json error_json(const ErrorFigure& figure) {
  return {{"sqnr_db", finite_or_null(figure.sqnr_db())},
          {"cosine", finite_or_null(figure.cosine())},
          {"max_abs_error", finite_or_null(figure.max_abs_error())}};
}

Json run_check_json(const CheckResult& check) {
  Json layers = Json::array();
  for (const LayerError& layer : check.layers) {
    Json entry{{"name", layer.name}};
    entry.update(error_json(layer.figure));
    if (layer.against_softmax) {
      entry["against_softmax"] = error_json(*layer.against_softmax);
    }
    layers.push_back(std::move(entry));
  }
  Json json = check_json(check);
  json["layers"] = std::move(layers);
  return json;
}

Json predictions_json(const RunResult& result) {
  Json predictions = Json::array();
  for (const Prediction& prediction : result.predictions) {
    Json logits = Json::array();
    for (const float logit : prediction.logits) {
      logits.push_back(shortest(logit));
    }
    predictions.push_back({{"input", prediction.input},
                           {"label", or_null(prediction.label)},
                           {"top5", prediction.top5},
                           {"logits", std::move(logits)},
                           {"float_top1", or_null(prediction.float_top1)}});
  }
  return predictions;
}

Json host_json(const RunResult& result) {
  const auto cycles = static_cast<double>(result.timing.cycles * result.images);
  Json host;
  host["wall_seconds"] = result.wall_seconds;
  host["simulated_cycles_per_second"] = finite_or_null(cycles / result.wall_seconds);
  host["peak_rss_bytes"] = result.peak_rss_bytes;
  return host;
}

}  // namespace

Json report_json(const RunResult& result, const RunFiles& files) {
  Json report;
  report["schema"] = "vitsim.run/1";
  report["version"] = version();
  report["files"] = {{"config", files.config},
                     {"model", files.model},
                     {"weights", files.weights},
                     {"input", files.input}};
  report["config"] = config::to_json(result.config);
  report["model"] = config::to_json(result.model);
  report["attention"] = name_of(config::kAttentionNames, result.attention);
  report["seed"] = or_null(result.seed);
  report["images"] = result.images;
  report["mapping"] = mapping_json(result);
  report["totals"] = totals_json(result);
  report["layers"] = layers_json(result);
  report["units"] = units_json(result.timing);
  report["scratchpad_requesters"] = requesters_json(result);
  report["scratchpad_conflicts"] = conflicts_json(result);
  report["traffic"] = traffic_json(result);
  report["roofline"] = roofline_json(result);
  report["timeline"] = timeline_json(result);
  report["check"] = run_check_json(result.check);
  report["predictions"] = predictions_json(result);
  report["host"] = host_json(result);
  return report;
}

}  // namespace vitsim::sim
