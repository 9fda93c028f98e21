// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <utility>

#include "vitsim/kernels/requantize.h"
#include "vitsim/model/encoding.h"
#include "vitsim/model/integer_network.h"
#include "vitsim/sim/checker.h"
#include "vitsim/sim/machine.h"
#include "vitsim/sim/map_network.h"

#include "gemm_layer.h"

namespace vitsim::sim {
namespace {

constexpr int kResultBits = 16;

std::vector<std::byte> encoded(const IntMatrix& values, int width) {
  std::vector<std::byte> bytes(values.elements().size() * static_cast<std::size_t>(width));
  model::encode(values.elements(), width, bytes);
  return bytes;
}

/// The product as a network of one operator; its result is rescaled to 16 bits, such that sums of
/// random operands fit.
model::Graph graph_of(const GemmOperands& operands, const model::GemmShape& shape,
                      const config::Precision& precision) {
  model::Graph graph;
  const int lhs_bits = precision.activation_bits;
  const int rhs_bits = precision.weight_bits;
  graph.tensors = {
      {"lhs", model::Role::kInput, shape.m, shape.k, lhs_bits, element_bytes(lhs_bits), {1.0}, {}},
      {"rhs",
       model::Role::kConstant,
       operands.rhs.rows(),
       operands.rhs.cols(),
       rhs_bits,
       element_bytes(rhs_bits),
       {1.0},
       encoded(operands.rhs, element_bytes(rhs_bits))},
      {"out",
       model::Role::kActivation,
       shape.m,
       shape.n,
       kResultBits,
       element_bytes(kResultBits),
       {1.0},
       {}}};
  // Random products add up like steps: sqrt(K) of them.
  const int sum_bits = lhs_bits + rhs_bits - 1 +
                       static_cast<int>(std::bit_width(static_cast<std::uint64_t>(shape.k))) / 2;
  const kernels::ChannelParams uniform{
      0, kernels::make_rescale(std::ldexp(1.0, std::min(0, kResultBits - sum_bits)))};
  graph.ops.push_back(
      {.name = "gemm",
       .layer = "gemm",
       .out = {2, 0, 0, shape.m, shape.n},
       .work = model::Matmul{.lhs = {0, 0, 0, shape.m, shape.k},
                             .rhs = {1, 0, 0, operands.rhs.rows(), operands.rhs.cols()},
                             .rhs_transposed = operands.rhs_transposed,
                             .uniform = uniform}});
  graph.input = 0;
  graph.logits = 2;
  return graph;
}

}  // namespace

GemmLayerResult run_on_machine(const model::GemmShape& shape, const GemmOptions& options,
                               const LayerProgress& progress) {
  const GemmOperands operands = random_operands(shape, options.config, options.seed);
  const model::Graph graph = graph_of(operands, shape, options.config.precision);
  const mapping::Program program = map_network(options.config, graph).program;
  Machine machine(options.config, graph, program);
  Checker checker(graph);
  model::IntegerResult expected;
  const bool checked = options.check == Check::kExact;
  if (checked) {
    expected = model::run_integer_network(graph, options.config.precision, operands.lhs);
    checker.begin_image(expected);
    machine.set_observer(&checker);
  }
  machine.set_progress(progress);
  const ImageTiming timing = machine.run(operands.lhs);
  if (checked) {
    checker.end_image(machine, program, timing);
  }
  GemmLayerResult result;
  result.cycles = timing.array_cycles;
  result.pe_cycles = timing.array_pe_cycles;
  result.machine_cycles = timing.cycles;
  result.dram_read_bytes = timing.counter("dram", "read_bytes");
  result.dram_write_bytes = timing.counter("dram", "write_bytes");
  result.values_compared = checker.values_compared();
  result.mismatches = checker.mismatches();
  result.first_mismatch = checker.first_mismatch();
  result.saturated_sums = timing.counter("post_processor", "saturated_sums");
  return result;
}

}  // namespace vitsim::sim
