// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "vitsim/core/child_process.h"
#include "vitsim/core/text.h"
#include "vitsim/sim/comparison.h"

#include "commands.h"
#include "compared_config.h"
#include "inputs.h"
#include "output.h"
#include "progress.h"
#include "run_job.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> configs;
  Inputs inputs;  ///< of all configurations
  std::string check = "exact";
  std::string json;
  bool quiet = false;
};

std::vector<ComparedConfig> configs_of(const Options& options) {
  if (options.configs.size() < 2) {
    throw ConfigError(
        fmt::format("compare: got {}, expected two or more to set side by side (`vitsim compare "
                    "--help` has examples)",
                    options.configs.empty() ? "no configuration" : "one configuration"));
  }
  std::vector<ComparedConfig> configs;
  for (const std::string& argument : options.configs) {
    configs.push_back(parse_compared_config(argument));
  }
  return configs;
}

/// All that can be read before the first run starts.
std::vector<RunJob> load_jobs(const std::vector<ComparedConfig>& configs, const Options& options) {
  std::vector<RunJob> jobs;
  for (const ComparedConfig& config : configs) {
    Inputs inputs = options.inputs;
    inputs.config = config.file;
    inputs.overrides.insert(inputs.overrides.end(), config.settings.begin(), config.settings.end());
    default_to_random_weights(inputs);
    jobs.push_back(load_run_job(inputs, options.check, "compare"));
  }
  return jobs;
}

/// The run's report. What goes wrong names the configuration, which the run itself does not know.
Json report_of(const RunJob& job, const std::string& argument) {
  try {
    return Json::parse(
        run_in_child([&] { return to_text(sim::report_json(sim::run(job.options), job.files)); }));
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", printable(argument), error.what()));
  }
}

/// One run after the other, each in a process of its own.
std::vector<Json> run_all(std::vector<RunJob> jobs, const Options& options) {
  Progress progress(options.quiet, "configurations");
  std::vector<Json> reports;
  for (RunJob& job : jobs) {
    job.options.progress = [&](double images_done, std::size_t images) {
      progress.show(static_cast<double>(reports.size()) + images_done / static_cast<double>(images),
                    jobs.size());
    };
    reports.push_back(report_of(job, options.configs[reports.size()]));
  }
  return reports;
}

/// The weights of all runs, each file once.
std::string weights_of_all(const std::vector<RunJob>& jobs) {
  std::vector<std::string> names;
  for (const RunJob& job : jobs) {
    if (std::ranges::find(names, job.files.weights) == names.end()) {
      names.push_back(job.files.weights);
    }
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// `jobs` and `reports` as `configs`.
sim::Comparison comparison_of(const std::vector<ComparedConfig>& configs,
                              const std::vector<RunJob>& jobs, std::vector<Json> reports,
                              const Options& options) {
  const sim::RunFiles& files = jobs.front().files;
  sim::Comparison comparison{
      files.model, weights_of_all(jobs), files.input, options.inputs.overrides, {}};
  const std::vector<std::string> names = column_names(configs);
  for (std::size_t i = 0; i < configs.size(); ++i) {
    comparison.runs.push_back(
        {names[i], configs[i].file, configs[i].settings, std::move(reports[i])});
  }
  return comparison;
}

void print_mismatches(const sim::Comparison& comparison) {
  for (const sim::ComparedRun& run : comparison.runs) {
    const Json& check = run.report.at("check");
    if (check.at("integer_mismatches") != 0) {
      fmt::print(stderr, "vitsim: check failed: {}: {} mismatches; the first: {}\n", run.name,
                 check.at("integer_mismatches").dump(),
                 check.at("first_mismatch").get<std::string>());
    }
  }
}

ExitCode run(const Options& options) {
  const std::vector<ComparedConfig> configs = configs_of(options);
  const std::vector<RunJob> jobs = load_jobs(configs, options);
  const JsonOutput json(options.json);
  const sim::Comparison comparison = comparison_of(configs, jobs, run_all(jobs, options), options);
  json.write(sim::comparison_json(comparison));
  if (!options.quiet && !json.is_standard_output()) {
    print(sim::comparison_text(comparison));
  }
  print_mismatches(comparison);
  return comparison.integer_mismatches() == 0 ? ExitCode::kDone : ExitCode::kCheckFailed;
}

}  // namespace

void add_compare_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("compare", "Runs one network on several machines, side by side");
  command
      ->add_option("CONFIG", options->configs,
                   "two or more files of configs/, each with settings of its own behind commas")
      ->type_name("FILE[,KEY=VALUE]");
  add_model_option(*command, options->inputs);
  add_weights_option(*command, options->inputs);
  add_input_option(*command, options->inputs, "images, as for run");
  add_set_option(*command, options->inputs);
  add_check_option(*command, options->check,
                   "exact compares every integer, and with float; none does not");
  add_json_option(*command, options->json);
  command->add_flag("--quiet", options->quiet, "prints nothing but errors");
  command->footer(R"(
Ratios say how many times less a configuration takes than the first one: 2.00x is half of it.

Examples:
  vitsim compare configs/softmax_64x64.yaml configs/edge_16x16.yaml \
                 -m models/shapes10_vit.yaml -i models/data/shapes10_test200.bin:0-9
  vitsim compare configs/softmax_64x64.yaml \
                 configs/softmax_64x64.yaml,accelerator.softmax_unit.lanes=64 \
                 -m models/deit_tiny.yaml -w random:1 --check none --set model.depth=2
  vitsim compare configs/softmax_64x64.yaml configs/edge_16x16.yaml -m models/deit_tiny.yaml \
                 -w random:1 --json - | jq .comparison

--set is for all configurations; settings of one of them come after it.
Exit codes: those of run; 1 where the check of any configuration failed.)");
  command->callback([options, &context] { context.action = [options] { return run(*options); }; });
}

}  // namespace vitsim::cli
