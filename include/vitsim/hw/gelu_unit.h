// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/hw/row_unit.h"

namespace vitsim::hw {

/// Integer GELU over whole rows of the hidden layer.
///
/// Timing: RowUnit with the passes of timing::row_unit(): two for ShiftGELU (the row's maximum; the
/// exponentials and products), pipelined over rows. Its divisions are one a lane, pipelined: part
/// of latency_cycles.
class GeluUnit : public RowUnit {
 public:
  GeluUnit(const sc_core::sc_module_name& name, const config::GeluUnit& config,
           const config::Scratchpad& scratchpad, const model::Graph& graph, std::size_t layers,
           Clock& clock);

 private:
  void compute(RowInput& input, RowOutput& out) override;
};

}  // namespace vitsim::hw
