// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "vitsim/sim/layer_rows.h"

/// The parts of `report.html`, each with its pictures and without its heading. `kinds` are the
/// layers summed up over the encoder blocks.
namespace vitsim::sim::html {

/// A bar for each kind of operator, as long as its share of the image.
std::string time_by_kind(const RunResult& result, const std::vector<LayerRow>& kinds);
/// Every layer from its first command to its last, in the row of its unit.
std::string timeline(const RunResult& result, const std::vector<LayerRow>& layers,
                     const std::vector<LayerRow>& kinds);
/// What each unit did in all cycles of the image.
std::string unit_bars(const RunResult& result);
/// Where the array's PE-cycles went, for the products of each kind and the whole image.
std::string pe_bars(const RunResult& result, const std::vector<LayerRow>& kinds);
/// Products by kind under what DRAM and the array allow, on logarithmic axes.
std::string roofline(const RunResult& result, const std::vector<LayerRow>& kinds);
/// Occupancy of the scratchpad, and bytes a cycle between it and DRAM.
std::string memory_over_time(const RunResult& result);
/// Tensors that cross more often than they must, by kind.
std::string traffic_table(const RunResult& result);
/// All layers in numbers.
std::string layer_table(const RunResult& result, const std::vector<LayerRow>& layers);

}  // namespace vitsim::sim::html
