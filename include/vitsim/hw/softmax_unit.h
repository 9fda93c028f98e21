// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/hw/row_unit.h"

namespace vitsim::hw {

/// Integer softmax over whole rows of attention scores.
///
/// Timing: RowUnit with the passes of timing::row_unit(): three for Shiftmax (maximum; exponentials
/// and their sum; products with the reciprocal), pipelined over rows. The reciprocal's division is
/// part of latency_cycles.
class SoftmaxUnit : public RowUnit {
 public:
  SoftmaxUnit(const sc_core::sc_module_name& name, const config::SoftmaxUnit& config,
              const config::Scratchpad& scratchpad, const model::Graph& graph, std::size_t layers,
              Clock& clock);

 private:
  void compute(RowInput& input, RowOutput& out) override;
};

}  // namespace vitsim::hw
