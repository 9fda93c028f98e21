// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/accumulator_array.h"

#include "vitsim/kernels/taylor.h"
#include "vitsim/timing/units.h"

namespace vitsim::hw {

AccumulatorArray::AccumulatorArray(const sc_core::sc_module_name& name,
                                   const config::TaylorPipeline& config,
                                   const config::Scratchpad& scratchpad, const model::Graph& graph,
                                   std::size_t layers, Clock& clock)
    : RowUnit(name, timing::accumulator_array(config), scratchpad, graph, layers, clock),
      saturated_(stats().counter("saturated_sums", "sums that did not fit 16 or 32 bits")) {}

void AccumulatorArray::compute(RowInput& input, RowOutput& out) {
  const mapping::RowsTile& tile = *input.tile;
  if (tile.first && input.index == 0) {
    sums_.assign(input.values.size(), 0);
  }
  kernels::add_token(sums_, input.values);
  if (tile.out && input.index + 1 == tile.rows) {
    saturated_ += kernels::store_token_sums(sums_, out.values);
  }
}

void AccumulatorArray::reset() {
  RowUnit::reset();
  sums_.clear();
}

}  // namespace vitsim::hw
