// SPDX-License-Identifier: Apache-2.0
#include "memory_json.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "vitsim/sim/memory_rows.h"

#include "json_or_null.h"

namespace vitsim::sim {
namespace {

using Json = nlohmann::ordered_json;

Json waits_json(const stats::ChannelWaits& waits, std::int64_t images) {
  using stats::ChannelHold;
  Json blocked = Json::object();
  for (std::size_t cause = 0; cause < waits.blocked.size(); ++cause) {
    if (waits.blocked[cause] > 0) {
      blocked[std::string(stats::kStallCauseNames[cause])] = waits.blocked[cause] * images;
    }
  }
  return {{"cycles", waits.total() * images},
          {"bandwidth", waits.bandwidth * images},
          {"latency", waits[ChannelHold::kLatency] * images},
          {"outstanding", waits[ChannelHold::kOutstanding] * images},
          {"scratchpad", waits[ChannelHold::kScratchpad] * images},
          {"released", waits.released() * images},
          {"blocked", std::move(blocked)}};
}

Json point_json(const RooflineRow& row) {
  return {{"operations", row.operations},
          {"dram_bytes", row.dram_bytes},
          {"operations_per_byte", finite_or_null(row.point.operations_per_byte)},
          {"operations_per_cycle", row.point.operations_per_cycle},
          {"roof_operations_per_cycle", row.point.roof}};
}

}  // namespace

Json dram_traffic_json(const RunResult& result) {
  const mapping::TensorTraffic total = total_traffic(result.tensors);
  return {{"compulsory_bytes", total.compulsory_bytes * result.images},
          {"actual_bytes", total.actual_bytes() * result.images},
          {"ratio", or_null(traffic_ratio(total))}};
}

Json array_waits_json(const RunResult& result) {
  return {{"dma_load", waits_json(result.timing.load_waits, result.images)},
          {"dma_store", waits_json(result.timing.store_waits, result.images)}};
}

Json traffic_json(const RunResult& result) {
  Json tensors = Json::array();
  for (const TensorRow& tensor : result.tensors) {
    const mapping::TensorTraffic& traffic = tensor.traffic;
    tensors.push_back({{"tensor", tensor.name},
                       {"kind", tensor.kind},
                       {"resident", tensor.resident},
                       {"compulsory_bytes", traffic.compulsory_bytes},
                       {"distinct_bytes", traffic.distinct_bytes},
                       {"read_bytes", traffic.read_bytes},
                       {"write_bytes", traffic.write_bytes},
                       {"loads", traffic.loads},
                       {"stores", traffic.stores}});
  }
  return tensors;
}

Json roofline_json(const RunResult& result) {
  const timing::Roofline roofline = timing::roofline_of(result.config.accelerator);
  Json json;
  json["peak_operations_per_cycle"] = roofline.peak_operations_per_cycle;
  json["peak_bytes_per_cycle"] = finite_or_null(roofline.peak_bytes_per_cycle);
  json["ridge_operations_per_byte"] =
      std::isfinite(roofline.peak_bytes_per_cycle) ? Json(roofline.ridge()) : Json();
  json["image"] = point_json(roofline_of_image(result));
  Json& layers = json["layers"] = Json::array();
  for (const RooflineRow& row : roofline_rows(result)) {
    Json layer{{"name", row.name}};
    layer.update(point_json(row));
    layers.push_back(std::move(layer));
  }
  return json;
}

Json timeline_json(const RunResult& result) {
  const ImageTimeline& timeline = result.timeline;
  Json json;
  json["window_cycles"] = timeline.window_cycles;
  json["cycles"] = timeline.cycles;
  json["scratchpad_bytes"] = result.config.accelerator.scratchpad.size_kib * Bytes{1024};
  json["scratchpad_most_occupied_bytes"] = timeline.most_occupied_bytes;
  Json& occupied = json["scratchpad_occupied_bytes"] = Json::array();
  for (const double bytes : timeline.occupied_bytes) {
    occupied.push_back(std::llround(bytes));
  }
  for (const auto& series : timeline.counts) {
    json[series.name] = series.amounts;
  }
  return json;
}

}  // namespace vitsim::sim
