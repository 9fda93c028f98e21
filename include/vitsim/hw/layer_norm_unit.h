// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/hw/row_unit.h"
#include "vitsim/kernels/layer_norm.h"

namespace vitsim::hw {

/// Integer layer norm over whole rows of the residual stream.
///
/// Timing: RowUnit with the passes of timing::row_unit(): three for I-LayerNorm (sum; squares; gain
/// and offset), pipelined over rows. The ten iterations of the square root are part of
/// latency_cycles. A command's table of gains and offsets is read before its first row.
class LayerNormUnit : public RowUnit {
 public:
  LayerNormUnit(const sc_core::sc_module_name& name, const config::LayerNormUnit& config,
                const config::Scratchpad& scratchpad, const model::Graph& graph, std::size_t layers,
                Clock& clock);

 private:
  void compute(RowInput& input, RowOutput& out) override;
  void set_table(const mapping::Command& command, std::size_t index,
                 std::span<const std::byte> bytes) override;

  std::vector<kernels::LayerNormParams> params_;
};

}  // namespace vitsim::hw
