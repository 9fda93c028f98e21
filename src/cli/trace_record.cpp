// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "vitsim/sim/trace_run.h"

#include "inputs.h"
#include "output.h"
#include "progress.h"
#include "run_job.h"
#include "trace_commands.h"
#include "trace_job.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

struct Options {
  Inputs inputs;
  std::string level = "tiles";
  std::string output;
  bool quiet = false;
};

ExitCode run(const Options& options) {
  require(options.inputs.config, "trace record", "-c FILE",
          "the machine, such as configs/softmax_64x64.yaml");
  require(options.output, "trace record", "-o FILE", "the trace, such as golden.vtrc");
  const RunJob run_job = load_run_job(options.inputs, "none", "trace record");
  check_can_write(options.output);
  sim::TraceJob job;
  job.workload = run_job.options;
  job.files = run_job.files;
  job.overrides = options.inputs.overrides;
  job.level = sim::level_of(options.level);
  const sim::RecordedTrace recorded =
      with_progress(job, options.quiet, [&] { return sim::record_trace(job, options.output); });
  if (!recorded.first_mismatch.empty()) {
    fmt::print(stderr, "vitsim: check failed, no trace was written: {}\n", recorded.first_mismatch);
    return ExitCode::kCheckFailed;
  }
  if (!options.quiet) {
    std::error_code unknown;
    const auto bytes = std::filesystem::file_size(options.output, unknown);
    print(fmt::format("{}: {} events of {} commands in {} cycles{}; every integer is right\n",
                      options.output, recorded.counts.events, recorded.counts.commands,
                      recorded.counts.cycles,
                      unknown ? std::string() : fmt::format(", {} bytes", bytes)));
  }
  return ExitCode::kDone;
}

}  // namespace

void add_trace_record(CLI::App& trace, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = trace.add_subcommand("record", "Runs one image and writes down what happens");
  add_config_option(*command, options->inputs);
  add_model_option(*command, options->inputs);
  add_weights_option(*command, options->inputs);
  add_input_option(*command, options->inputs, "one image, as for run");
  add_set_option(*command, options->inputs);
  command
      ->add_option(
          "--level", options->level,
          "commands: starts, ends, stalls; tiles: and values; beats: and every transaction "
          "of scratchpad and DRAM")
      ->check(CLI::IsMember(sim::level_names()))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "the trace")->type_name("FILE");
  command->add_flag("--quiet", options->quiet, "prints nothing but errors");
  command->footer(R"(
Every integer is compared with the integer network; where one is wrong no trace is written.

Examples:
  vitsim trace record -c configs/softmax_64x64.yaml -m models/shapes10_vit.yaml \
                      -i models/data/shapes10_test200.bin:0 -o golden.vtrc
  vitsim trace record -c configs/edge_16x16.yaml -m models/deit_tiny.yaml -w random:1 \
                      --level commands -o golden.vtrc

Exit codes: those of run; 1 where an integer is wrong.)");
  command->callback([options, &context] { context.action = [options] { return run(*options); }; });
}

}  // namespace vitsim::cli
