// SPDX-License-Identifier: Apache-2.0
#include <systemc>
#include <utility>

#include "vitsim/hw/pe_array.h"
#include "vitsim/kernels/gemm.h"
#include "vitsim/timing/array.h"

#include "gemm_feed.h"
#include "gemm_layer.h"
#include "gemm_parts.h"
#include "run_to_stop.h"

namespace vitsim::sim {
GemmLayerResult run_on_array(const model::GemmShape& shape, const GemmOptions& options,
                             const LayerProgress& progress) {
  const config::PeArray& config = options.config.accelerator.pe_array;
  const config::Precision& precision = options.config.precision;
  GemmOperands operands = random_operands(shape, options.config, options.seed);
  Matrix<std::int64_t> expected;
  if (options.check == Check::kExact) {
    expected = Matrix<std::int64_t>(shape.m, shape.n);
    const IntMatrix turned =
        operands.rhs_transposed ? transposed(std::as_const(operands.rhs).view()) : IntMatrix();
    kernels::gemm(std::as_const(operands.lhs).view(),
                  operands.rhs_transposed ? turned.view() : std::as_const(operands.rhs).view(),
                  expected.view(), precision.activation_bits, precision.weight_bits);
  }
  const std::vector<GemmPart> parts = gemm_parts(shape, config);

  hw::Clock clock("clock", options.config.accelerator.sequencer.watchdog_cycles);
  const auto array = hw::make_pe_array(
      "pe_array", config, {precision.activation_bits, precision.weight_bits}, 1, clock);
  CommandSource commands("commands", parts, clock);
  OperandSource lhs("lhs", mapping::Side::kLhs, parts, operands, config, clock);
  OperandSource rhs("rhs", mapping::Side::kRhs, parts, operands, config, clock);
  SumSink sums("sums", parts, options.check == Check::kExact ? &expected : nullptr, options.config,
               clock);
  hw::Stream<hw::CommandBeat> command_stream("command_stream", clock);
  hw::Stream<hw::OperandRows> lhs_stream("lhs_stream", clock);
  hw::Stream<hw::OperandRows> rhs_stream("rhs_stream", clock);
  hw::Stream<hw::SumRows> sum_stream("sum_stream", clock);
  commands.out.bind(command_stream);
  array->commands_in.bind(command_stream);
  lhs.out.bind(lhs_stream);
  array->lhs_in.bind(lhs_stream);
  rhs.out.bind(rhs_stream);
  array->rhs_in.bind(rhs_stream);
  array->sums_out.bind(sum_stream);
  sums.in.bind(sum_stream);

  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  clock.reset();
  run_to_stop(clock, [&] {
    progress(static_cast<double>(sums.parts_done()) / static_cast<double>(parts.size()));
  });
  GemmLayerResult result = std::move(sums.result);
  const stats::ArrayWindow inside = array->window();
  result.cycles = inside.cycles;
  result.pe_cycles = stats::pe_cycles(inside, shape.macs(), timing::pe_count(config));
  return result;
}

}  // namespace vitsim::sim
