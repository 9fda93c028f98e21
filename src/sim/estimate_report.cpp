// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/estimate_report.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/config/describe.h"
#include "vitsim/model/vit_graph.h"
#include "vitsim/sim/layer_rows.h"
#include "vitsim/sim/map_network.h"
#include "vitsim/sim/version.h"
#include "vitsim/timing/array.h"

#include "fold_by_kind.h"
#include "number_text.h"

namespace vitsim::sim {
namespace {

using Json = nlohmann::ordered_json;

/// A resource that is busy for this part of the time is what bounds a run.
constexpr double kBoundingPart = 2.0 / 3.0;

/// A layer, or the layers of one kind in all blocks.
struct Row {
  std::string name;
  mapping::Unit unit = mapping::Unit::kPeArray;
  int layers = 1;
  Cycles cycles = 0;
  Cycles exclusive = 0;
  std::int64_t macs = 0;
  mapping::LayerTimes times;  ///< of the first, where several are summed up, but for the sums
  Row& operator+=(const Row& other) {
    layers += other.layers;
    cycles += other.cycles;
    exclusive += other.exclusive;
    macs += other.macs;
    times.busy += other.times.busy;
    times.dram_read_bytes += other.times.dram_read_bytes;
    times.dram_write_bytes += other.times.dram_write_bytes;
    return *this;
  }
};

/// `exclusive` charges each cycle to the oldest unfinished layer, as the report of a run does.
std::vector<Row> rows_of(const EstimateResult& result) {
  std::vector<Row> rows;
  Cycles finished = 0;
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const mapping::Layer& layer = result.layers[i];
    const mapping::LayerTimes& times = result.estimate.layers[i];
    rows.push_back({layer.name, layer.unit, 1, times.end - times.start,
                    std::max<Cycles>(0, times.end - finished), layer.macs, times});
    finished = std::max(finished, times.end);
  }
  return rows;
}

std::string table(const EstimateResult& result, bool all_layers) {
  std::vector<Row> rows = rows_of(result);
  if (!all_layers) {
    rows = fold_by_kind(rows);
  }
  std::size_t width = std::string_view("layer").size();
  for (const Row& row : rows) {
    width = std::max(width, row.name.size());
  }
  const auto total = static_cast<double>(result.estimate.cycles);
  std::string text = fmt::format("{:<{}} {:>3} {:>11} {:>7} {:>7} {:>10}  {}\n", "layer", width, "",
                                 "cycles", "share", "array", "DRAM", "its unit is busy");
  for (const Row& row : rows) {
    const double array =
        timing::pe_utilization(row.macs, row.cycles, result.config.accelerator.pe_array);
    text += fmt::format(
        "{:<{}} {:>3} {:>11} {:>7} {:>7} {:>10}  {:>7} {}\n", row.name, width,
        row.layers > 1 ? fmt::format("x{}", row.layers) : "", grouped(row.exclusive),
        percent(static_cast<double>(row.exclusive), total), row.macs > 0 ? percent(array, 1) : "",
        bytes_text(row.times.dram_read_bytes + row.times.dram_write_bytes),
        percent(static_cast<double>(row.times.busy), static_cast<double>(row.cycles)),
        mapping::name_of(row.unit));
  }
  return text;
}

double seconds_of(const EstimateResult& result) {
  return static_cast<double>(result.estimate.cycles) / (result.config.accelerator.clock_mhz * 1e6);
}

}  // namespace

EstimateResult estimate(const config::Config& config, const config::Model& model) {
  const model::Graph graph = model::build_vit_shapes(config, model);
  mapping::Program program = map_network(config, graph, Finalists::kEstimated).program;
  EstimateResult result{config, model, model::attention_of(config, model), {}, {}, 0};
  result.estimate = mapping::estimate(program, graph, config.accelerator);
  result.layers = std::move(program.layers);
  return result;
}

std::vector<Bound> busiest(const mapping::Estimate& estimate) {
  std::vector<Bound> bounds{{"dram_bandwidth", estimate.dram_cycles},
                            {"scratchpad_bandwidth", estimate.scratchpad_cycles}};
  for (std::size_t unit = 0; unit < estimate.busy.size(); ++unit) {
    bounds.push_back({mapping::kUnitNames[unit], estimate.busy[unit]});
  }
  std::erase_if(bounds, [](const Bound& bound) { return bound.cycles == 0; });
  std::ranges::stable_sort(bounds, std::ranges::greater{}, &Bound::cycles);
  return bounds;
}

std::string_view bound_by(const mapping::Estimate& estimate) {
  const auto bounds = busiest(estimate);
  const bool bounding = !bounds.empty() && static_cast<double>(bounds.front().cycles) >=
                                               kBoundingPart * static_cast<double>(estimate.cycles);
  return bounding ? bounds.front().name : "dependencies";
}

Json estimate_json(const EstimateResult& result, const std::string& config_file,
                   const std::string& model_file) {
  const mapping::Estimate& estimate = result.estimate;
  const auto& array = result.config.accelerator.pe_array;
  const std::int64_t macs = mapping::total_macs(result.layers);
  Json report;
  report["schema"] = "vitsim.estimate/1";
  report["version"] = version();
  report["files"] = {{"config", config_file}, {"model", model_file}};
  report["config"] = config::to_json(result.config);
  report["model"] = config::to_json(result.model);
  report["attention"] = name_of(config::kAttentionNames, result.attention);
  Json busy = Json::object();
  for (const Bound& bound : busiest(estimate)) {
    busy[std::string(bound.name)] = bound.cycles;
  }
  report["totals"] = {{"cycles", estimate.cycles},
                      {"seconds", seconds_of(result)},
                      {"macs", macs},
                      {"pes", timing::pe_count(array)},
                      {"pe_utilization", timing::pe_utilization(macs, estimate.cycles, array)},
                      {"dram_read_bytes", estimate.dram_read_bytes},
                      {"dram_write_bytes", estimate.dram_write_bytes},
                      {"commands", estimate.commands.size()},
                      {"bound_by", bound_by(estimate)},
                      {"busy_cycles", std::move(busy)}};
  Json layers = Json::array();
  for (const Row& row : rows_of(result)) {
    layers.push_back(
        {{"name", row.name},
         {"op", mapping::operation_of(row.unit)},
         {"unit", mapping::name_of(row.unit)},
         {"cycles", row.cycles},
         {"exclusive_cycles", row.exclusive},
         {"start_cycle", row.times.start},
         {"end_cycle", row.times.end},
         {"macs", row.macs},
         {"pe_utilization",
          row.macs > 0 ? Json(timing::pe_utilization(row.macs, row.cycles, array)) : Json()},
         {"busy_cycles", row.times.busy},
         {"dram_read_bytes", row.times.dram_read_bytes},
         {"dram_write_bytes", row.times.dram_write_bytes}});
  }
  report["layers"] = std::move(layers);
  report["host"] = {{"wall_seconds", result.wall_seconds}};
  return report;
}

std::string estimate_text(const EstimateResult& result, const std::string& config_file,
                          bool all_layers) {
  const mapping::Estimate& estimate = result.estimate;
  const auto& machine = result.config.accelerator;
  const std::int64_t macs = mapping::total_macs(result.layers);
  const double seconds = seconds_of(result);
  std::string text = fmt::format(
      "vitsim {}: estimate of {} on {}\nmachine     {}, {} MHz, scratchpad of {} KiB, DRAM {}\n"
      "attention   {}\n\n",
      version(), result.model.name, config_file, array_text(machine.pe_array), machine.clock_mhz,
      machine.scratchpad.size_kib, name_of(config::kDramKindNames, machine.dram.kind),
      config::name_of(config::kAttentionNames, result.attention));
  text += table(result, all_layers);
  text += fmt::format(
      "\none image   at least {} cycles, {} at {} MHz\narray       {} MACs, {} of what {} PEs can "
      "do\nDRAM        {} read, {} written\nbound by    {}\n",
      grouped(estimate.cycles), seconds_text(seconds), machine.clock_mhz, grouped(macs),
      percent(timing::pe_utilization(macs, estimate.cycles, machine.pe_array), 1),
      grouped(timing::pe_count(machine.pe_array)), bytes_text(estimate.dram_read_bytes),
      bytes_text(estimate.dram_write_bytes), bound_by(estimate));
  constexpr std::size_t kShown = 3;
  const auto bounds = busiest(estimate);
  for (std::size_t i = 0; i < std::min(kShown, bounds.size()); ++i) {
    text += fmt::format(
        "{:>18}  {}\n",
        percent(static_cast<double>(bounds[i].cycles), static_cast<double>(estimate.cycles)),
        bounds[i].name);
  }
  return text + fmt::format("simulation  none: {} commands estimated in {}\n",
                            grouped(static_cast<std::int64_t>(estimate.commands.size())),
                            seconds_text(result.wall_seconds));
}

}  // namespace vitsim::sim
