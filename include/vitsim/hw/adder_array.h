// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "vitsim/hw/row_unit.h"

namespace vitsim::hw {

/// Row-wise additions of Taylor attention: K - k_mean from memory to memory; sums of Q G, to which
/// sqrt(d) v_sum is added, from the array to the divider array; sums of K^T V, which the means
/// correct, from the array to memory. For the released code's attention it also centres tokens over
/// their features and rounds queries and keys to four bits.
///
/// Timing: RowUnit with one pass. Centring over features takes two, the accumulator's tree and the
/// divider's depth (timing::feature_centering()).
class AdderArray : public RowUnit {
 public:
  StreamIn<SumRows> sums_in{"sums_in", *this};
  StreamOut<SumRows> sums_out{"sums_out", *this};  ///< to the divider array

  AdderArray(const sc_core::sc_module_name& name, const config::TaylorPipeline& config,
             const config::Precision& precision, const config::Scratchpad& scratchpad,
             const model::Graph& graph, std::size_t layers, Clock& clock);

 private:
  void compute(RowInput& input, RowOutput& out) override;
  void set_table(const mapping::Command& command, std::size_t index,
                 std::span<const std::byte> bytes) override;
  StreamReader<SumRows>* sums_before() override { return &*sums_in.operator->(); }
  StreamWriter<SumRows>* unit_behind() override { return &*sums_out.operator->(); }
  [[nodiscard]] timing::RowUnit form_of(const mapping::Command& command) const override;

  /// What it does with a row; visits the kind of operator.
  class Addition;

  const config::TaylorPipeline& config_;
  int accumulator_bits_;
  std::array<std::vector<std::int16_t>, 2> tables_;
  stats::Counter& saturated_k_hat_;
  stats::Counter& saturated_token_sums_;  ///< what rounding leaves of them, CenterResidue
  stats::Counter& saturated_sums_;
  stats::Counter& clipped_g_;
};

}  // namespace vitsim::hw
