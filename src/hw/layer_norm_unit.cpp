// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/layer_norm_unit.h"

#include "vitsim/model/encoding.h"
#include "vitsim/timing/units.h"

namespace vitsim::hw {

LayerNormUnit::LayerNormUnit(const sc_core::sc_module_name& name,
                             const config::LayerNormUnit& config,
                             const config::Scratchpad& scratchpad, const model::Graph& graph,
                             std::size_t layers, Clock& clock)
    : RowUnit(name, timing::row_unit(config), scratchpad, graph, layers, clock) {}

void LayerNormUnit::set_table(const mapping::Command& /*command*/, std::size_t /*index*/,
                              std::span<const std::byte> bytes) {
  model::decode_params(bytes, params_);
}

void LayerNormUnit::compute(RowInput& input, RowOutput& out) {
  const auto& norm = std::get<model::LayerNorm>(op_of(*input.command).work);
  kernels::layer_norm_row(input.values, params_, norm.shift, out_bits(*input.command), out.values);
}

}  // namespace vitsim::hw
