// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "vitsim/core/units.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// What of a tensor crosses between DRAM and scratchpad in one image.
struct TensorTraffic {
  /// What must cross, however large the scratchpad is: what operators read of constants and of the
  /// input, once, and the logits. Nothing of other activations: they could stay on the chip.
  Bytes compulsory_bytes = 0;
  Bytes distinct_bytes = 0;  ///< of the tensor that operators read or write, wherever it lies
  Bytes read_bytes = 0;      ///< from DRAM
  Bytes write_bytes = 0;     ///< to DRAM
  std::int64_t loads = 0;    ///< commands
  std::int64_t stores = 0;

  [[nodiscard]] Bytes actual_bytes() const { return read_bytes + write_bytes; }
  /// 0 where the tensor moves no more than it must.
  [[nodiscard]] Bytes avoidable_bytes() const { return actual_bytes() - compulsory_bytes; }
  TensorTraffic& operator+=(const TensorTraffic& other);
};

/// The traffic of each tensor of the graph, by TensorId, as the program's commands say.
std::vector<TensorTraffic> traffic_of(const model::Graph& graph, const Program& program);

/// How many elements of a tensor the windows cover together, each counted once.
std::int64_t elements_covered(const std::vector<model::View>& windows);

/// What a tensor is, as reports say it: input, constant, activation, logits.
std::string_view kind_of_tensor(const model::Graph& graph, model::TensorId id);

}  // namespace vitsim::mapping
