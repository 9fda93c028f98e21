// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vitsim/core/units.h"
#include "vitsim/sim/run.h"
#include "vitsim/stats/activity.h"

namespace vitsim::sim {

/// One line of a report: a layer, or the layers of one kind in all encoder blocks.
struct LayerRow {
  std::string name;
  std::string_view op;    ///< matmul, softmax, gelu, layer_norm, add
  std::string_view unit;  ///< that does it
  int layers = 1;         ///< how many are summed up here
  Cycles cycles = 0;      ///< end - start
  Cycles exclusive = 0;
  Cycles start = 0;
  Cycles end = 0;
  std::int64_t macs = 0;
  model::Operations operations;
  std::optional<double> pe_utilization;  ///< of products: macs / (PEs x cycles)
  stats::CycleCount activity;            ///< of the unit, for this
  stats::PeCycles pe_cycles;             ///< of the array, from start to end; all PEs x cycles
  Bytes dram_read_bytes = 0;
  Bytes dram_write_bytes = 0;
  /// `start` and `end` then span both; the name and the utilization stay.
  LayerRow& operator+=(const LayerRow& other);
};

/// The layers of one image, in the order of the network.
std::vector<LayerRow> layer_rows(const RunResult& result);

/// Sums up the layers of all encoder blocks by kind_of(). `start` and `end` then span all of them.
std::vector<LayerRow> fold_blocks(const std::vector<LayerRow>& rows, const RunResult& result);

/// Of all layers, and of attention alone (is_attention()).
struct OperationTotals {
  model::Operations all;
  model::Operations attention;
};
OperationTotals operation_totals(const std::vector<mapping::Layer>& layers);

/// The array in words: "weight_stationary systolic array of 64 x 64".
std::string array_text(const config::PeArray& array);

/// The processing elements of the array.
std::int64_t pe_count(const RunResult& result);

}  // namespace vitsim::sim
