// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/divider_array.h"

#include "vitsim/kernels/taylor.h"
#include "vitsim/timing/units.h"

namespace vitsim::hw {

DividerArray::DividerArray(const sc_core::sc_module_name& name,
                           const config::TaylorPipeline& config,
                           const config::Scratchpad& scratchpad, const model::Graph& graph,
                           std::size_t layers, Clock& clock)
    : RowUnit(name, timing::divider_array(config), scratchpad, graph, layers, clock),
      nonpositive_(stats().counter("nonpositive_divisors", "rows whose t_D was 0 or less")) {}

bool DividerArray::row_may_enter(const mapping::Command& command) {
  const auto& context = std::get<model::TaylorContext>(op_of(command).work);
  return !context.k_hat_sum || divisors_in->can_read();
}

void DividerArray::compute(RowInput& input, RowOutput& out) {
  const model::Op& op = op_of(*input.command);
  if (const auto* mean = std::get_if<model::TokenMean>(&op.work)) {
    kernels::mean_row(input.values, mean->mean, out.values);
    return;
  }
  const auto& context = std::get<model::TaylorContext>(op.work);
  std::int64_t divisor = context.constant;
  if (context.k_hat_sum) {
    divisor += divisors_in->front().sums.front();
    divisors_in->pop();
  }
  const bool meaningless =
      kernels::divide_row(input.sums.sums, divisor, context.quotient, out.values);
  // A head that is wider than the array comes in parts, each with the divisor.
  const bool first_part = input.tile->out->tile.col == op.out.col;
  nonpositive_ += meaningless && first_part ? 1 : 0;
}

}  // namespace vitsim::hw
