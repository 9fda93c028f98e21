// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/layer_rows.h"

#include <algorithm>

#include <fmt/format.h>

#include "vitsim/sim/layer_name.h"
#include "vitsim/timing/array.h"

#include "fold_by_kind.h"

namespace vitsim::sim {
namespace {

void set_utilization(LayerRow& row, const RunResult& result) {
  if (row.macs > 0 && row.cycles > 0) {
    row.pe_utilization =
        timing::pe_utilization(row.macs, row.cycles, result.config.accelerator.pe_array);
  }
}

}  // namespace

std::string array_text(const config::PeArray& array) {
  const auto kind = name_of(config::kArrayKindNames, array.kind);
  if (array.kind == config::ArrayKind::kRowWise) {
    return fmt::format("{} array of {} rows x {} blocks x {} MACs", kind, array.rows, array.blocks,
                       array.macs_per_block);
  }
  return fmt::format("{} {} array of {} x {}", name_of(config::kDataflowNames, array.dataflow),
                     kind, array.rows, array.cols);
}

std::int64_t pe_count(const RunResult& result) {
  return timing::pe_count(result.config.accelerator.pe_array);
}

OperationTotals operation_totals(const std::vector<mapping::Layer>& layers) {
  OperationTotals totals;
  for (const mapping::Layer& layer : layers) {
    totals.all += layer.operations;
    if (is_attention(layer.name)) {
      totals.attention += layer.operations;
    }
  }
  return totals;
}

std::vector<LayerRow> layer_rows(const RunResult& result) {
  std::vector<LayerRow> rows;
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const mapping::Layer& layer = result.layers[i];
    const LayerTiming& span = result.timing.layers[i];
    LayerRow row;
    row.name = layer.name;
    row.op = operation_of(layer.unit);
    row.unit = name_of(layer.unit);
    row.cycles = span.end - span.start;
    row.exclusive = span.exclusive;
    row.start = span.start;
    row.end = span.end;
    row.macs = layer.macs;
    row.operations = layer.operations;
    row.activity = span.unit;
    row.pe_cycles = span.pe_cycles;
    row.dram_read_bytes = span.dram_read_bytes;
    row.dram_write_bytes = span.dram_write_bytes;
    set_utilization(row, result);
    rows.push_back(std::move(row));
  }
  return rows;
}

LayerRow& LayerRow::operator+=(const LayerRow& other) {
  layers += other.layers;
  cycles += other.cycles;
  exclusive += other.exclusive;
  start = std::min(start, other.start);
  end = std::max(end, other.end);
  macs += other.macs;
  operations += other.operations;
  activity += other.activity;
  pe_cycles += other.pe_cycles;
  dram_read_bytes += other.dram_read_bytes;
  dram_write_bytes += other.dram_write_bytes;
  return *this;
}

std::vector<LayerRow> fold_blocks(const std::vector<LayerRow>& rows, const RunResult& result) {
  std::vector<LayerRow> folded = fold_by_kind(rows);
  for (LayerRow& row : folded) {
    set_utilization(row, result);
  }
  return folded;
}

}  // namespace vitsim::sim
