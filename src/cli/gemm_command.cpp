// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/sim/gemm_run.h"

#include "commands.h"
#include "inputs.h"
#include "output.h"
#include "progress.h"
#include "run_job.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

struct Options {
  Inputs inputs;
  std::int64_t m = 0;
  std::int64_t k = 0;
  std::int64_t n = 0;
  std::string topology;
  bool ideal_memory = false;
  std::string check = "exact";
  std::uint64_t seed = 1;
  std::string json;
  bool quiet = false;
};

/// What `--m --k --n` or `--topology` name.
std::vector<model::GemmLayer> layers_of(const Options& options) {
  const bool sizes = options.m > 0 || options.k > 0 || options.n > 0;
  if (sizes == !options.topology.empty() ||
      (sizes && (options.m == 0 || options.k == 0 || options.n == 0))) {
    throw ConfigError(
        "gemm: expected --m M --k K --n N, all three, or --topology FILE; see `vitsim gemm "
        "--help`");
  }
  if (!options.topology.empty()) {
    return model::load_gemm_topology(options.topology);
  }
  return {{"gemm", {options.m, options.k, options.n}, "--m --k --n", false}};
}

ExitCode run(const Options& options, const Context& context) {
  require(options.inputs.config, "gemm", "-c FILE",
          "the machine, such as configs/softmax_64x64.yaml");
  sim::GemmOptions job;
  job.config = load_config(options.inputs);
  job.layers = layers_of(options);
  job.ideal_memory = options.ideal_memory;
  job.check = check_of(options.check);
  job.seed = options.seed;
  const JsonOutput json(options.json);
  sim::GemmResult result = [&] {
    Progress progress(options.quiet, "products");
    job.progress = [&](double done, std::size_t layers) { progress.show(done, layers); };
    return sim::run_gemm(job);
  }();
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - context.started).count();
  json.write(sim::gemm_json(job, result, options.inputs.config));
  if (!options.quiet && !json.is_standard_output()) {
    print(sim::gemm_text(job, result, options.inputs.config));
  }
  if (result.mismatches() == 0) {
    return ExitCode::kDone;
  }
  fmt::print(stderr, "vitsim: check failed: {} mismatches\n", result.mismatches());
  return ExitCode::kCheckFailed;
}

}  // namespace

void add_gemm_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("gemm", "Simulates matrix products alone: cycles, folds, utilization");
  add_config_option(*command, options->inputs);
  const auto side = [&](const char* name, std::int64_t& value, const char* meaning) {
    command->add_option(name, value, meaning)
        ->check(CLI::Range(std::int64_t{1}, model::kMaxGemmSide))
        ->type_name("INT");
  };
  side("--m", options->m, "rows of the left operand and of the result");
  side("--k", options->k, "columns of the left operand, rows of the right one");
  side("--n", options->n, "columns of the right operand and of the result");
  command
      ->add_option("--topology", options->topology,
                   "a SCALE-Sim GEMM topology: 'Layer,M,N,K,', then a line a layer")
      ->type_name("FILE");
  command->add_flag("--ideal-memory", options->ideal_memory,
                    "the array alone: every operand is there, every sum is taken at once");
  add_set_option(*command, options->inputs);
  add_check_option(*command, options->check, "exact compares every value; none does not");
  command->add_option("--seed", options->seed, "of the random operands")
      ->type_name("INT")
      ->capture_default_str();
  add_json_option(*command, options->json);
  command->add_flag("--quiet", options->quiet, "prints nothing but errors");
  command->footer(R"(
Cycles run from the first operand that enters the array to the last sum that leaves it.

Examples:
  vitsim gemm -c configs/softmax_64x64.yaml --m 197 --k 192 --n 576 --ideal-memory
  vitsim gemm -c configs/softmax_64x64.yaml --m 197 --k 192 --n 576 \
              --set accelerator.pe_array.dataflow=output_stationary
  vitsim gemm -c configs/edge_16x16.yaml --topology models/gemm/deit_tiny.csv --json - | jq .totals)");
  command->callback([options, &context] {
    context.action = [options, &context] { return run(*options, context); };
  });
}

}  // namespace vitsim::cli
