// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/adder_array.h"

#include <utility>

#include "vitsim/kernels/post_process.h"
#include "vitsim/kernels/taylor.h"
#include "vitsim/model/encoding.h"
#include "vitsim/timing/units.h"

namespace vitsim::hw {

class AdderArray::Addition {
 public:
  Addition(AdderArray& array, RowInput& input, RowOutput& out)
      : array_(array), input_(input), out_(out) {}

  void operator()(const model::Center& op) {
    array_.saturated_k_hat_ +=
        kernels::center_row(input_.values, array_.tables_[0], op.center, out_.values);
  }
  void operator()(const model::CenterFeatures& op) {
    array_.saturated_k_hat_ +=
        kernels::center_features_row(input_.values, op.mean, op.center, out_.values);
  }
  void operator()(const model::CenterResidue& op) {
    array_.saturated_token_sums_ +=
        kernels::residue_row(input_.values, input_.second, op.mean, out_.values);
  }
  void operator()(const model::Requantize& op) {
    kernels::requantize_row(input_.values, op.rescale, op.lowest, op.highest, out_.values);
  }
  void operator()(const model::TaylorContext& op) {
    std::swap(out_.sums, input_.sums);
    kernels::add_value_sum_row(out_.sums.sums, array_.tables_[0], op.value_factor);
  }
  void operator()(const model::CorrectedMatmul& op) {
    auto& sums = input_.sums.sums;
    const std::int16_t k_mean = array_.tables_[1][static_cast<std::size_t>(input_.index)];
    kernels::correct_row(sums, k_mean, array_.tables_[0], op.fraction_bits);
    const int bits = array_.out_bits(*input_.command);
    array_.clipped_g_ +=
        kernels::count_clipped(sums, op.product.uniform.rescale, array_.accumulator_bits_, bits);
    array_.saturated_sums_ += kernels::post_process_row(
        sums, {&op.product.uniform, 1}, {}, out_.values, {array_.accumulator_bits_, bits});
  }
  template <class Other>
  void operator()(const Other& /*op*/) {
    fail("an operator that the adder array does not know");
  }

 private:
  AdderArray& array_;
  RowInput& input_;
  RowOutput& out_;
};

AdderArray::AdderArray(const sc_core::sc_module_name& name, const config::TaylorPipeline& config,
                       const config::Precision& precision, const config::Scratchpad& scratchpad,
                       const model::Graph& graph, std::size_t layers, Clock& clock)
    : RowUnit(name, timing::adder_array(config), scratchpad, graph, layers, clock),
      config_(config),
      accumulator_bits_(precision.accumulator_bits),
      saturated_k_hat_(
          stats().counter("saturated_k_hat", "values of K_hat that did not fit k_hat_bits")),
      saturated_token_sums_(
          stats().counter("saturated_token_sums", "sums of K_hat that did not fit 16 bits")),
      saturated_sums_(
          stats().counter("saturated_sums", "sums of K^T V that did not fit accumulator_bits")),
      clipped_g_(stats().counter("clipped_g", "values of G that did not fit g_bits")) {}

void AdderArray::set_table(const mapping::Command& /*command*/, std::size_t index,
                           std::span<const std::byte> bytes) {
  tables_[index].resize(bytes.size() / sizeof(std::int16_t));
  model::decode(bytes, sizeof(std::int16_t), tables_[index]);
}

timing::RowUnit AdderArray::form_of(const mapping::Command& command) const {
  return std::holds_alternative<model::CenterFeatures>(op_of(command).work)
             ? timing::feature_centering(config_)
             : timing::adder_array(config_);
}

void AdderArray::compute(RowInput& input, RowOutput& out) {
  std::visit(Addition(*this, input, out), op_of(*input.command).work);
}

}  // namespace vitsim::hw
