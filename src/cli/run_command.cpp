// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/sim/report_html.h"

#include "commands.h"
#include "inputs.h"
#include "output.h"
#include "progress.h"
#include "run_job.h"
#include "usage.h"
#include "vcd_options.h"

namespace vitsim::cli {
namespace {

struct Options {
  Inputs inputs;
  std::string check = "exact";
  std::string directory;
  std::string json;
  std::string timeline;
  VcdOptions vcd;
  bool layers = false;
  bool quiet = false;
};

void write_reports(const Options& options, const sim::RunResult& result, const sim::RunFiles& files,
                   std::optional<OutputDirectory>& directory, const JsonOutput& json) {
  const nlohmann::ordered_json report = sim::report_json(result, files);
  if (directory) {
    directory->write("report.json", to_text(report));
    directory->write("layers.csv", sim::layers_csv(result));
    directory->write("report.html", sim::to_html(result));
  }
  json.write(report);
  if (!options.quiet && !json.is_standard_output()) {
    print(sim::report_text(result, files, options.layers));
  }
}

ExitCode run(const Options& options, const Context& context) {
  require(options.inputs.config, "run", "-c FILE",
          "the machine, such as configs/softmax_64x64.yaml");
  RunJob job = load_run_job(options.inputs, options.check, "run");

  std::optional<OutputDirectory> directory;
  if (!options.directory.empty()) {
    directory.emplace(options.directory);
  }
  const JsonOutput json(options.json);
  job.options.waveform = waveform_of(options.vcd);
  job.options.timeline = options.timeline;
  if (!options.timeline.empty()) {
    check_can_write(options.timeline);
  }
  sim::RunResult result = [&] {
    Progress mappings(options.quiet, "mappings simulated");
    job.options.mapping_progress = [&](std::size_t done, std::size_t all) {
      mappings.show(static_cast<double>(done), all);
    };
    Progress progress(options.quiet, "images");
    job.options.progress = [&](double done, std::size_t images) { progress.show(done, images); };
    return sim::run(job.options);
  }();
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - context.started).count();
  write_reports(options, result, job.files, directory, json);
  if (result.passed()) {
    return ExitCode::kDone;
  }
  fmt::print(stderr, "vitsim: check failed: {} mismatches, {} values compared; the first: {}\n",
             result.check.integer_mismatches, result.check.values_compared,
             result.check.first_mismatch);
  return ExitCode::kCheckFailed;
}

}  // namespace

void add_run_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run", "Simulates images and checks every value");
  add_config_option(*command, options->inputs);
  add_model_option(*command, options->inputs);
  add_weights_option(*command, options->inputs);
  add_input_option(*command, options->inputs,
                   "images: .bin (CIFAR-10 records), .npy, .safetensors, random:SEED");
  add_set_option(*command, options->inputs);
  add_check_option(*command, options->check,
                   "exact compares every integer, and with float; none does not");
  command
      ->add_option("-o,--output", options->directory,
                   "writes report.json, layers.csv and report.html there")
      ->type_name("DIR");
  add_json_option(*command, options->json);
  command
      ->add_option("--timeline", options->timeline,
                   "writes when each unit did what, for ui.perfetto.dev: JSON, gzip")
      ->type_name("FILE");
  add_vcd_options(*command, options->vcd);
  command->add_flag("--layers", options->layers, "lists every layer, not sums over the blocks");
  command->add_flag("--quiet", options->quiet, "prints nothing but errors");
  command->footer(R"(
Examples:
  vitsim run -c configs/softmax_64x64.yaml -m models/shapes10_vit.yaml \
             -i models/data/shapes10_test200.bin:0-9 -o out
  vitsim run -c configs/softmax_64x64.yaml -m models/deit_tiny.yaml -w random:1
  vitsim run -c configs/softmax_64x64.yaml -m models/deit_tiny.yaml -w random:1 --check none \
             --set accelerator.pe_array.rows=32 --set model.depth=2 --json - | jq .totals
  vitsim run -c configs/softmax_64x64.yaml -m models/shapes10_vit.yaml -w random:1 \
             --timeline timeline.json.gz \
             --vcd waves.vcd --vcd-signals 'pe_array.*' --vcd-range 1000:2000

-i defaults to random:1 where the weights are random.
Exit codes: 0 every check passed; 1 a check failed; 2 usage or configuration; 3 model or input
file; 4 the simulation failed; 5 an output cannot be written; 130 interrupted.)");
  command->callback([options, &context] {
    context.action = [options, &context] { return run(*options, context); };
  });
}

}  // namespace vitsim::cli
