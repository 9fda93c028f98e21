// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/core/error.h"
#include "vitsim/sim/attention_run.h"

#include "commands.h"
#include "inputs.h"
#include "output.h"
#include "progress.h"
#include "run_job.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

/// Limits of a shape: what still fits the host's memory on the largest machines.
constexpr std::int64_t kMostTokens = 16385;
constexpr int kMostHeads = 256;
constexpr std::int64_t kMostHeadDim = 1024;
constexpr int kMostLayers = 256;
constexpr std::int64_t kMostQueries = std::int64_t{1} << 26;  // values of Q
constexpr std::int64_t kMostScores = std::int64_t{1} << 28;   // of all heads

struct Options {
  Inputs inputs;
  std::int64_t tokens = 0;
  int heads = 0;
  std::int64_t head_dim = 0;
  int layers = 0;
  bool ideal_memory = false;
  std::string check = "exact";
  std::uint64_t seed = 1;
  std::string json;
  bool quiet = false;
};

/// The shape of the model, and what options change of it.
void set_shape(const Options& options, sim::AttentionOptions& job) {
  if (!options.inputs.model.empty()) {
    const config::Model model = load_model(options.inputs);
    job.shape = {model.tokens(), model.heads, model.head_dim()};
    job.layers = model.depth;
    job.config.attention = model.attention.value_or(job.config.attention);
  } else if (options.tokens == 0 || options.heads == 0 || options.head_dim == 0) {
    throw ConfigError(
        "attention: expected -m MODEL, or --tokens, --heads and --head-dim, all three; see `vitsim "
        "attention --help`");
  }
  const auto change = [](auto& value, auto option) { value = option > 0 ? option : value; };
  change(job.shape.tokens, options.tokens);
  change(job.shape.heads, options.heads);
  change(job.shape.head_dim, options.head_dim);
  change(job.layers, options.layers);
  const auto check_values = [&](const char* what, std::int64_t values, std::int64_t most) {
    if (values > most) {
      throw ConfigError(fmt::format(
          "attention: {} tokens, {} heads of {} features: got {} values of {}, expected at most {}",
          job.shape.tokens, job.shape.heads, job.shape.head_dim, values, what, most));
    }
  };
  check_values("Q", job.shape.tokens * job.shape.heads * job.shape.head_dim, kMostQueries);
  if (job.config.attention != config::Attention::kTaylor) {
    check_values("scores", job.shape.tokens * job.shape.tokens * job.shape.heads, kMostScores);
  }
}

ExitCode run(const Options& options, const Context& context) {
  require(options.inputs.config, "attention", "-c FILE",
          "the machine, such as configs/vitality.yaml");
  sim::AttentionOptions job;
  job.config = load_config(options.inputs);
  set_shape(options, job);
  job.ideal_memory = options.ideal_memory;
  job.check = check_of(options.check);
  job.seed = options.seed;
  const JsonOutput json(options.json);
  sim::AttentionResult result = [&] {
    Progress progress(options.quiet, "attentions");
    job.progress = [&](double done) { progress.show(done, 1); };
    return sim::run_attention(job);
  }();
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - context.started).count();
  json.write(sim::attention_json(job, result, options.inputs.config));
  if (!options.quiet && !json.is_standard_output()) {
    print(sim::attention_text(job, result, options.inputs.config));
  }
  if (result.check.integer_mismatches == 0) {
    return ExitCode::kDone;
  }
  fmt::print(stderr, "vitsim: check failed: {} mismatches, {} values compared; the first: {}\n",
             result.check.integer_mismatches, result.check.values_compared,
             result.check.first_mismatch);
  return ExitCode::kCheckFailed;
}

}  // namespace

void add_attention_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "attention", "Simulates one attention alone: its steps, and where the array's time goes");
  add_config_option(*command, options->inputs);
  add_model_option(*command, options->inputs);
  const auto size = [&](const char* name, auto& value, auto most, const char* meaning) {
    command->add_option(name, value, meaning)
        ->check(CLI::Range(decltype(most){1}, most))
        ->type_name("INT");
  };
  size("--tokens", options->tokens, kMostTokens, "patches and the class token; -m: the model's");
  size("--heads", options->heads, kMostHeads, "attention heads; -m: the model's");
  size("--head-dim", options->head_dim, kMostHeadDim, "features of a head; -m: the model's");
  size("--layers", options->layers, kMostLayers, "of this shape in the totals; -m: its depth");
  command->add_flag("--ideal-memory", options->ideal_memory,
                    "everything is on chip and no bank refuses anybody");
  add_set_option(*command, options->inputs);
  add_check_option(*command, options->check, "exact compares every value; none does not");
  command->add_option("--seed", options->seed, "of Q, K and V")
      ->type_name("INT")
      ->capture_default_str();
  add_json_option(*command, options->json);
  command->add_flag("--quiet", options->quiet, "prints nothing but errors");
  command->footer(R"(
Cycles run from reset, Q, K and V in memory, to the last byte of the context.

Examples:
  vitsim attention -c configs/vitality.yaml -m models/deit_tiny.yaml --ideal-memory
  vitsim attention -c configs/softmax_64x64.yaml --tokens 577 --heads 3 --head-dim 64 \
                   --set accelerator.softmax_unit.lanes=64)");
  command->callback([options, &context] {
    context.action = [options, &context] { return run(*options, context); };
  });
}

}  // namespace vitsim::cli
