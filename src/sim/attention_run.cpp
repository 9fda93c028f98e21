// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/attention_run.h"

#include <chrono>

#include "vitsim/mapping/mapper.h"
#include "vitsim/model/integer_network.h"
#include "vitsim/sim/checker.h"
#include "vitsim/sim/map_network.h"
#include "vitsim/timing/taylor.h"

#include "peak_rss.h"
#include "random_matrix.h"

namespace vitsim::sim {
namespace {

/// Of the ideal memory: as wide as the widest access, so many ports that nobody shares one.
constexpr int kIdealBanks = 64;
constexpr int kIdealBankBytes = 64;
constexpr int kIdealPorts = 48;
constexpr int kIdealKib = 1 << 20;

}  // namespace

config::Accelerator with_ideal_memory(const config::Accelerator& machine) {
  config::Accelerator ideal = machine;
  ideal.scratchpad.banks = kIdealBanks;
  ideal.scratchpad.bank_width_bytes = kIdealBankBytes;
  ideal.scratchpad.ports = kIdealPorts;
  ideal.scratchpad.size_kib = kIdealKib;
  ideal.scratchpad.interleaving = config::Interleaving::kLowOrder;
  ideal.scratchpad.partitions.reset();
  ideal.dram.kind = config::DramKind::kIdeal;
  return ideal;
}

AttentionResult run_attention(const AttentionOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  config::Config config = options.config;
  if (options.ideal_memory) {
    config.accelerator = with_ideal_memory(config.accelerator);
  }
  AttentionResult result;
  result.attention = config.attention;
  const model::Graph graph = model::build_attention_graph(config, options.shape, config.attention);
  const mapping::Program program = options.ideal_memory
                                       ? mapping::map_on_chip(graph, config.accelerator)
                                       : map_network(config, graph).program;
  const model::Tensor& tensor = graph.tensors[static_cast<std::size_t>(graph.input)];
  const std::int64_t highest = (std::int64_t{1} << (tensor.bits - 1)) - 1;
  Random random(options.seed);
  const IntMatrix input = random_matrix(tensor.rows, tensor.cols, -highest, highest, random);
  Machine machine(config, graph, program);
  Checker checker(graph);
  model::IntegerResult expected;
  if (options.check == Check::kExact) {
    expected = model::run_integer_network(graph, config.precision, input);
    checker.begin_image(expected);
    machine.set_observer(&checker);
  }
  machine.set_progress(options.progress);
  result.timing = machine.run(input);
  if (options.check == Check::kExact) {
    checker.end_image(machine, program, result.timing);
  }
  result.layers = program.layers;
  result.cycles = result.timing.cycles;
  if (options.ideal_memory && config.attention == config::Attention::kTaylor) {
    result.closed_form = timing::taylor_attention_cycles(options.shape, config.accelerator);
  }
  result.array_times = array_times(result.timing, program.layers);
  result.check = checker.result(options.check);
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  result.peak_rss_bytes = peak_rss_bytes(RUSAGE_SELF);
  return result;
}

}  // namespace vitsim::sim
