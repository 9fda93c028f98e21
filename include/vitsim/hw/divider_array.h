// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/hw/row_unit.h"

namespace vitsim::hw {

/// Divides: the sum of K by the number of tokens, a single divisor, from memory to memory; rows of
/// T_N from the adder array by a chain of divisors, t_D, one a row, which SA-Diag sends, or by
/// n sqrt(d) where the denominator is constant. Then rescales to the width of the context.
///
/// A divisor that is not positive counts, and 1 takes its place (kernels::divide_row()).
///
/// Timing: RowUnit with one pass; as deep as its digits and latency_cycles.
class DividerArray : public RowUnit {
 public:
  StreamIn<SumRows> sums_in{"sums_in", *this};          ///< T_N
  StreamIn<SumRows> divisors_in{"divisors_in", *this};  ///< one a row, without its constant

  DividerArray(const sc_core::sc_module_name& name, const config::TaylorPipeline& config,
               const config::Scratchpad& scratchpad, const model::Graph& graph, std::size_t layers,
               Clock& clock);

 private:
  void compute(RowInput& input, RowOutput& out) override;
  StreamReader<SumRows>* sums_before() override { return &*sums_in.operator->(); }
  bool row_may_enter(const mapping::Command& command) override;

  stats::Counter& nonpositive_;
};

}  // namespace vitsim::hw
