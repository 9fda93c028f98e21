// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/map_network.h"

#include <string>
#include <utility>

#include "vitsim/core/child_process.h"
#include "vitsim/mapping/lowering.h"
#include "vitsim/mapping/mapper.h"
#include "vitsim/mapping/mapping_file.h"
#include "vitsim/mapping/search.h"
#include "vitsim/sim/machine.h"

namespace vitsim::sim {
namespace {

/// Cycles of one image. They do not depend on its values.
Cycles simulate(const config::Config& config, const model::Graph& graph,
                const mapping::Program& program) {
  return std::stoll(run_in_child([&] {
    Machine machine(config, graph, program);
    const model::Tensor& input = graph.tensors[static_cast<std::size_t>(graph.input)];
    return std::to_string(machine.run(IntMatrix(input.rows, input.cols)).cycles);
  }));
}

MappedNetwork search(const config::Config& config, const model::Graph& graph, Finalists finalists,
                     const std::function<void(std::size_t, std::size_t)>& progress) {
  const config::Mapping& wish = config.mapping;
  const bool by_cycles = wish.objective == config::MappingObjective::kCycles;
  const bool estimates = by_cycles && finalists == Finalists::kEstimated;
  // What ranks mappings are estimates already.
  std::vector<mapping::Candidate> found = mapping::find_mappings(
      graph, config.accelerator, wish.objective, estimates ? 1 : wish.finalists);
  const bool simulates = by_cycles && !estimates && found.size() > 1;
  MappedNetwork mapped;
  std::optional<Cycles> fewest;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const mapping::Candidate& one = found[i];
    MappingTrial trial{one.origin, one.least_cycles, {}, one.traffic, one.scratchpad_bytes};
    const bool may_win = !fewest || one.least_cycles < *fewest;
    if (simulates && may_win) {
      if (progress) {
        progress(i, found.size());
      }
      trial.cycles =
          simulate(config, graph, mapping::lower(graph, config.accelerator, one.mapping));
      if (!fewest || *trial.cycles < *fewest) {
        fewest = trial.cycles;
        mapped.chosen = i;
      }
    }
    mapped.trials.push_back(std::move(trial));
  }
  mapped.mapping = std::move(found[mapped.chosen].mapping);
  return mapped;
}

}  // namespace

MappedNetwork map_network(const config::Config& config, const model::Graph& graph,
                          Finalists finalists,
                          const std::function<void(std::size_t, std::size_t)>& progress) {
  MappedNetwork mapped;
  switch (config.mapping.strategy) {
    case config::MappingStrategy::kGreedy:
      mapped.mapping = mapping::map_greedily(graph, config.accelerator);
      break;
    case config::MappingStrategy::kSearch:
      mapping::check_capacity(graph, config.accelerator);
      mapped = search(config, graph, finalists, progress);
      break;
    case config::MappingStrategy::kFile:
      mapped.mapping = mapping::read_mapping(config.mapping.file, graph, config.accelerator);
      break;
  }
  mapped.program = mapping::lower(graph, config.accelerator, mapped.mapping);
  return mapped;
}

}  // namespace vitsim::sim
