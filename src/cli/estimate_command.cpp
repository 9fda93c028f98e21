// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include "vitsim/sim/estimate_report.h"

#include "commands.h"
#include "inputs.h"
#include "output.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

struct Options {
  Inputs inputs;
  std::string json;
  bool layers = false;
  bool quiet = false;
};

ExitCode run(const Options& options, const Context& context) {
  require(options.inputs.config, "estimate", "-c FILE",
          "the machine, such as configs/softmax_64x64.yaml");
  require(options.inputs.model, "estimate", "-m FILE",
          "the network, such as models/deit_tiny.yaml");
  const config::Config config = load_config(options.inputs);
  const config::Model model = load_model(options.inputs);
  const JsonOutput json(options.json);
  sim::EstimateResult result = sim::estimate(config, model);
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - context.started).count();
  json.write(sim::estimate_json(result, options.inputs.config, options.inputs.model));
  if (!options.quiet && !json.is_standard_output()) {
    print(sim::estimate_text(result, options.inputs.config, options.layers));
  }
  return ExitCode::kDone;
}

}  // namespace

void add_estimate_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("estimate", "Cycles and traffic from closed forms alone, in milliseconds");
  add_config_option(*command, options->inputs);
  add_model_option(*command, options->inputs);
  add_set_option(*command, options->inputs);
  add_json_option(*command, options->json);
  command->add_flag("--layers", options->layers, "lists every layer, not sums over the blocks");
  command->add_flag("--quiet", options->quiet, "prints nothing but errors");
  command->footer(R"(
Cycles are never above those of `vitsim run`; docs/estimate.md says how far below. Weights are not
needed: cycles do not depend on values.

Examples:
  vitsim estimate -c configs/softmax_64x64.yaml -m models/deit_tiny.yaml
  vitsim estimate -c configs/vitality.yaml -m models/deit_base_taylor.yaml \
                  --set accelerator.scratchpad.size_kib=512 --json -)");
  command->callback([options, &context] {
    context.action = [options, &context] { return run(*options, context); };
  });
}

}  // namespace vitsim::cli
