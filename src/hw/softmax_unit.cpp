// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/softmax_unit.h"

#include "vitsim/timing/units.h"

namespace vitsim::hw {

SoftmaxUnit::SoftmaxUnit(const sc_core::sc_module_name& name, const config::SoftmaxUnit& config,
                         const config::Scratchpad& scratchpad, const model::Graph& graph,
                         std::size_t layers, Clock& clock)
    : RowUnit(name, timing::row_unit(config), scratchpad, graph, layers, clock) {}

void SoftmaxUnit::compute(RowInput& input, RowOutput& out) {
  std::get<model::Softmax>(op_of(*input.command).work).kernel(input.values, out.values);
}

}  // namespace vitsim::hw
