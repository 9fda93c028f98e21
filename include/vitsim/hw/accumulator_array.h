// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/hw/row_unit.h"

namespace vitsim::hw {

/// Sums K, K_hat and V over the tokens (ViTALiTy, steps 1 and 3). Exact inside; what is written
/// saturates to 32 bits, or to 16 where the sum is an operand of the array.
///
/// Timing: RowUnit with one pass; one result, behind the last token.
class AccumulatorArray : public RowUnit {
 public:
  AccumulatorArray(const sc_core::sc_module_name& name, const config::TaylorPipeline& config,
                   const config::Scratchpad& scratchpad, const model::Graph& graph,
                   std::size_t layers, Clock& clock);
  void reset() override;

 private:
  void compute(RowInput& input, RowOutput& out) override;

  std::vector<std::int64_t> sums_;
  stats::Counter& saturated_;
};

}  // namespace vitsim::hw
