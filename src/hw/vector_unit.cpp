// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/vector_unit.h"

#include "vitsim/kernels/add.h"
#include "vitsim/timing/units.h"

namespace vitsim::hw {

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, const config::VectorUnit& config,
                       const config::Scratchpad& scratchpad, const model::Graph& graph,
                       std::size_t layers, Clock& clock)
    : RowUnit(name, timing::row_unit(config), scratchpad, graph, layers, clock) {}

void VectorUnit::compute(RowInput& input, RowOutput& out) {
  kernels::add_row(input.values, input.second, out_bits(*input.command), out.values);
}

}  // namespace vitsim::hw
