// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "vitsim/core/file.h"
#include "vitsim/mapping/program_text.h"
#include "vitsim/model/vit_graph.h"
#include "vitsim/sim/map_network.h"
#include "vitsim/sim/workload.h"

#include "commands.h"
#include "inputs.h"
#include "output.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

struct Options {
  Inputs inputs;
  std::string output;
};

ExitCode run(const Options& options) {
  require(options.inputs.config, "program", "-c FILE",
          "the machine, such as configs/softmax_64x64.yaml");
  require(options.inputs.model, "program", "-m FILE",
          "the network, such as models/shapes10_vit.yaml");
  if (!options.output.empty()) {
    check_can_write(options.output);
  }
  const config::Config config = load_config(options.inputs);
  const config::Model model = load_model(options.inputs);
  const std::string weights = weights_of(options.inputs, model);
  // The program depends on shapes alone, so any weights do.
  const sim::Network network = sim::load_network(model, weights.empty() ? "random:1" : weights,
                                                 model::attention_of(config, model));
  const model::Graph graph = model::build_vit_graph(config, model, network.weights, network.ranges);
  const mapping::Program program = sim::map_network(config, graph).program;
  const std::string text = mapping::to_text(program, graph);
  if (options.output.empty()) {
    print(text);
  } else {
    write_file_atomically(options.output, text);
  }
  return ExitCode::kDone;
}

}  // namespace

void add_program_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("program", "Prints what a network is mapped to");
  add_config_option(*command, options->inputs);
  add_model_option(*command, options->inputs);
  add_weights_option(*command, options->inputs);
  add_set_option(*command, options->inputs);
  command->add_option("-o,--output", options->output, "a file instead of standard output")
      ->type_name("FILE");
  command->footer(R"(
Examples:
  vitsim program -c configs/softmax_64x64.yaml -m models/shapes10_vit.yaml | less
  vitsim program -c configs/edge_16x16.yaml -m models/deit_tiny.yaml --set model.depth=1 -o FILE)");
  command->callback([options, &context] { context.action = [options] { return run(*options); }; });
}

}  // namespace vitsim::cli
