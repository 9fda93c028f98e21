// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "vitsim/sim/run.h"
#include "vitsim/timing/roofline.h"

/// What reports say about memory, as rows.
namespace vitsim::sim {

/// All tensors together.
mapping::TensorTraffic total_traffic(const std::vector<TensorRow>& tensors);

/// Actual bytes / compulsory ones; nothing where nothing must cross.
std::optional<double> traffic_ratio(const mapping::TensorTraffic& traffic);

/// Tensors of one kind in all encoder blocks and heads, summed up: `mlp.fc2.weight`.
struct TensorKindRow {
  std::string name;
  int tensors = 0;
  mapping::TensorTraffic traffic;
};
/// The kinds that move more than they must, the one that moves most beyond it first.
std::vector<TensorKindRow> avoidable_traffic(const std::vector<TensorRow>& tensors);

/// A layer, a kind of layer or an image in the roofline. Only what has products is there.
struct RooflineRow {
  std::string name;
  std::int64_t operations = 0;  ///< two a MAC
  Bytes dram_bytes = 0;
  timing::RooflinePoint point;
};
/// Every layer with products, from the release of its first command to the end of its last.
std::vector<RooflineRow> roofline_rows(const RunResult& result);
/// The same summed up over the encoder blocks.
std::vector<RooflineRow> folded_roofline_rows(const RunResult& result);
/// One image.
RooflineRow roofline_of_image(const RunResult& result);

}  // namespace vitsim::sim
