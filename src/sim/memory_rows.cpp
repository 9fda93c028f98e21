// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/memory_rows.h"

#include <algorithm>

#include "vitsim/sim/layer_name.h"
#include "vitsim/sim/layer_rows.h"

namespace vitsim::sim {
namespace {

/// The tensor's name without block and head.
std::string kind_of_name(const std::string& tensor) {
  std::string kind = kind_of(tensor);
  const auto dot = kind.rfind('.');
  const auto last = kind.find_last_not_of("0123456789");
  if (dot != std::string::npos && last == dot) {
    kind.resize(dot);
  }
  return kind;
}

std::vector<RooflineRow> rows_of(const std::vector<LayerRow>& layers, const RunResult& result) {
  const timing::Roofline roofline = timing::roofline_of(result.config.accelerator);
  std::vector<RooflineRow> rows;
  for (const LayerRow& layer : layers) {
    if (layer.macs > 0) {
      const Bytes bytes = layer.dram_read_bytes + layer.dram_write_bytes;
      rows.push_back({layer.name, 2 * layer.macs, bytes,
                      timing::roofline_point(roofline, layer.macs, bytes, layer.cycles)});
    }
  }
  return rows;
}

}  // namespace

mapping::TensorTraffic total_traffic(const std::vector<TensorRow>& tensors) {
  mapping::TensorTraffic total;
  for (const TensorRow& tensor : tensors) {
    total += tensor.traffic;
  }
  return total;
}

std::optional<double> traffic_ratio(const mapping::TensorTraffic& traffic) {
  if (traffic.compulsory_bytes == 0) {
    return {};
  }
  return static_cast<double>(traffic.actual_bytes()) /
         static_cast<double>(traffic.compulsory_bytes);
}

std::vector<TensorKindRow> avoidable_traffic(const std::vector<TensorRow>& tensors) {
  std::vector<TensorKindRow> kinds;
  for (const TensorRow& tensor : tensors) {
    const std::string name = kind_of_name(tensor.name);
    auto kind = std::ranges::find(kinds, name, &TensorKindRow::name);
    if (kind == kinds.end()) {
      kind = kinds.insert(kind, {name, 0, {}});
    }
    ++kind->tensors;
    kind->traffic += tensor.traffic;
  }
  const auto avoidable = [](const TensorKindRow& kind) { return kind.traffic.avoidable_bytes(); };
  std::erase_if(kinds, [&](const TensorKindRow& kind) { return avoidable(kind) <= 0; });
  std::ranges::stable_sort(kinds, std::greater{}, avoidable);
  return kinds;
}

std::vector<RooflineRow> roofline_rows(const RunResult& result) {
  return rows_of(layer_rows(result), result);
}

std::vector<RooflineRow> folded_roofline_rows(const RunResult& result) {
  return rows_of(fold_blocks(layer_rows(result), result), result);
}

RooflineRow roofline_of_image(const RunResult& result) {
  const std::int64_t macs = mapping::total_macs(result.layers);
  const Bytes bytes = total_traffic(result.tensors).actual_bytes();
  return {"one image", 2 * macs, bytes,
          timing::roofline_point(timing::roofline_of(result.config.accelerator), macs, bytes,
                                 result.timing.cycles)};
}

}  // namespace vitsim::sim
