// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/gelu_unit.h"

#include "vitsim/timing/units.h"

namespace vitsim::hw {

GeluUnit::GeluUnit(const sc_core::sc_module_name& name, const config::GeluUnit& config,
                   const config::Scratchpad& scratchpad, const model::Graph& graph,
                   std::size_t layers, Clock& clock)
    : RowUnit(name, timing::row_unit(config), scratchpad, graph, layers, clock) {}

void GeluUnit::compute(RowInput& input, RowOutput& out) {
  std::get<model::Gelu>(op_of(*input.command).work).kernel(input.values, out.values);
}

}  // namespace vitsim::hw
