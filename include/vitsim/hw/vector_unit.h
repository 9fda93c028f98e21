// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/hw/row_unit.h"

namespace vitsim::hw {

/// Adds two rows of integers of one scale.
///
/// Timing: RowUnit with one pass; a group of each summand is read, so a group takes two reads.
class VectorUnit : public RowUnit {
 public:
  VectorUnit(const sc_core::sc_module_name& name, const config::VectorUnit& config,
             const config::Scratchpad& scratchpad, const model::Graph& graph, std::size_t layers,
             Clock& clock);

 private:
  void compute(RowInput& input, RowOutput& out) override;
};

}  // namespace vitsim::hw
