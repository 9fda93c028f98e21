// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "vitsim/core/file.h"
#include "vitsim/mapping/mapping_file.h"
#include "vitsim/model/vit_graph.h"
#include "vitsim/sim/map_network.h"
#include "vitsim/sim/mapping_text.h"
#include "vitsim/sim/workload.h"

#include "commands.h"
#include "inputs.h"
#include "output.h"
#include "progress.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

struct Options {
  Inputs inputs;
  std::string output;
  bool quiet = false;
};

/// The network with weights, where finalists of a search are simulated; any do.
model::Graph graph_of(const config::Config& config, const config::Model& model) {
  const bool simulates = config.mapping.strategy == config::MappingStrategy::kSearch &&
                         config.mapping.objective == config::MappingObjective::kCycles;
  if (!simulates) {
    return model::build_vit_shapes(config, model);
  }
  const auto [weights, ranges, seed] =
      sim::load_network(model, "random:1", model::attention_of(config, model));
  return model::build_vit_graph(config, model, weights, ranges);
}

ExitCode run(const Options& options) {
  require(options.inputs.config, "map", "-c FILE",
          "the machine, such as configs/softmax_64x64.yaml");
  require(options.inputs.model, "map", "-m FILE", "the network, such as models/shapes10_vit.yaml");
  if (!options.output.empty()) {
    check_can_write(options.output);
  }
  const config::Config config = load_config(options.inputs);
  const config::Model model = load_model(options.inputs);
  const model::Graph graph = graph_of(config, model);
  const sim::MappedNetwork mapped = [&] {
    Progress progress(options.quiet, "mappings simulated");
    return sim::map_network(
        config, graph, sim::Finalists::kSimulated,
        [&](std::size_t done, std::size_t all) { progress.show(static_cast<double>(done), all); });
  }();
  if (!options.output.empty()) {
    write_file_atomically(options.output,
                          mapping::to_yaml(mapped.mapping, graph, config.accelerator));
  }
  if (!options.quiet) {
    print(sim::mapping_text(mapped, graph, config.accelerator));
  }
  return ExitCode::kDone;
}

}  // namespace

void add_map_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("map", "Maps a network, and writes the mapping down to be edited");
  add_config_option(*command, options->inputs);
  add_model_option(*command, options->inputs);
  add_set_option(*command, options->inputs);
  command->add_option("-o,--output", options->output, "writes the mapping there, as YAML")
      ->type_name("FILE");
  command->add_flag("--quiet", options->quiet, "prints nothing but errors");
  command->footer(R"(
Examples:
  vitsim map -c configs/softmax_64x64.yaml -m models/shapes10_vit.yaml
  vitsim map -c configs/edge_16x16.yaml -m models/deit_tiny.yaml \
             --set mapping.strategy=search -o deit_tiny.map.yaml
  vitsim run -c configs/edge_16x16.yaml -m models/deit_tiny.yaml -w random:1 \
             --set mapping.strategy=file --set mapping.file=deit_tiny.map.yaml

Without -o it prints the summary alone. Weights are not needed: a mapping depends on shapes alone.
docs/mapping.md describes the file.)");
  command->callback([options, &context] { context.action = [options] { return run(*options); }; });
}

}  // namespace vitsim::cli
