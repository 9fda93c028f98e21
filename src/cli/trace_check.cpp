// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <chrono>
#include <memory>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "vitsim/core/file.h"
#include "vitsim/core/text.h"
#include "vitsim/sim/trace_check_text.h"
#include "vitsim/sim/trace_run.h"

#include "inputs.h"
#include "junit.h"
#include "output.h"
#include "trace_commands.h"
#include "trace_job.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

struct Options {
  std::string golden;
  Inputs inputs;
  std::vector<std::string> ignored;
  std::string cycles_within;
  std::string junit;
  bool quiet = false;
};

struct Kind {
  const char* name;
  bool sim::TraceTolerance::*ignored;
};

constexpr Kind kKinds[] = {
    {"dram", &sim::TraceTolerance::dram},
    {"scratchpad", &sim::TraceTolerance::scratchpad},
    {"stalls", &sim::TraceTolerance::stalls},
    {"values", &sim::TraceTolerance::values},
};

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) {
    names.emplace_back(kind.name);
  }
  return names;
}

/// "2%" as 0.02.
double part_of(const std::string& percentage) {
  double percent = 0;
  const char* const end = percentage.data() + percentage.size();
  const auto [rest, error] = std::from_chars(percentage.data(), end, percent);
  if (error != std::errc() || rest + 1 != end || *rest != '%' ||
      !(percent >= 0 && percent <= 100)) {
    throw ConfigError(
        fmt::format("trace check: --cycles-within: got '{}', expected a percentage "
                    "from 0% to 100%, such as 2%",
                    printable(percentage)));
  }
  return percent / 100;
}

sim::TraceTolerance tolerance_of(const Options& options) {
  sim::TraceTolerance tolerance;
  for (const Kind& kind : kKinds) {
    tolerance.*kind.ignored =
        std::ranges::find(options.ignored, kind.name) != options.ignored.end();
  }
  if (!options.cycles_within.empty()) {
    tolerance.cycles = part_of(options.cycles_within);
  }
  return tolerance;
}

/// The run of the trace, with what the user wants to be another.
sim::TraceJob job_of(const Options& options, const sim::TraceHeader& golden) {
  const auto first = [](const std::string& given, const std::string& recorded) {
    return given.empty() ? recorded : given;
  };
  const Inputs& given = options.inputs;
  Inputs inputs{given.config, first(given.model, golden.files.model),
                first(given.weights, golden.files.weights), first(given.input, golden.files.input),
                golden.overrides};
  inputs.overrides.insert(inputs.overrides.end(), given.overrides.begin(), given.overrides.end());
  sim::TraceJob job;
  job.workload.config = given.config.empty()
                            ? sim::config_of(golden, options.golden, given.overrides)
                            : load_config(inputs);
  job.workload.model = load_model(inputs);
  job.workload.weights = inputs.weights;
  job.workload.input = inputs.input;
  job.files = {first(given.config, golden.files.config), inputs.model, inputs.weights,
               inputs.input};
  job.overrides = inputs.overrides;
  job.level = golden.level;
  return job;
}

ExitCode run(const Options& options, const Context& context) {
  require(options.golden, "trace check", "GOLDEN", "a trace of `vitsim trace record`");
  const sim::TraceTolerance tolerance = tolerance_of(options);
  if (!options.junit.empty()) {
    check_can_write(options.junit);
  }
  const sim::TraceHeader golden =
      sim::parse_trace_header(trace::Reader(options.golden).header(), options.golden);
  sim::TraceJob job = job_of(options, golden);
  const sim::TraceCheck check = with_progress(
      job, options.quiet, [&] { return sim::check_trace(job, options.golden, golden, tolerance); });
  const std::string text = sim::check_text(check, options.golden);
  if (!options.junit.empty()) {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - context.started;
    write_file_atomically(
        options.junit, junit_xml("vitsim.trace",
                                 {options.golden, check.difference ? sim::check_summary(check) : "",
                                  text, spent.count()}));
  }
  if (!options.quiet) {
    print(text);
  }
  return check.difference ? ExitCode::kCheckFailed : ExitCode::kDone;
}

}  // namespace

void add_trace_check(CLI::App& trace, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      trace.add_subcommand("check", "Repeats the run of a trace, up to the first difference");
  command->add_option("GOLDEN", options->golden, "a trace of `vitsim trace record`")
      ->type_name("FILE");
  add_config_option(*command, options->inputs);
  add_model_option(*command, options->inputs);
  add_weights_option(*command, options->inputs);
  add_input_option(*command, options->inputs, "the image, where it lies elsewhere now");
  add_set_option(*command, options->inputs);
  command
      ->add_option("--ignore", options->ignored,
                   "what may differ: dram or scratchpad (transactions), stalls, values; again for "
                   "more")
      ->check(CLI::IsMember(kind_names()))
      ->allow_extra_args(false);
  command
      ->add_option("--cycles-within", options->cycles_within,
                   "every event may come earlier or later by this part of the trace's cycles; "
                   "stalls are not compared then")
      ->type_name("PERCENT");
  command->add_option("--junit", options->junit, "writes the result as JUnit XML")
      ->type_name("FILE");
  command->add_flag("--quiet", options->quiet, "prints nothing but errors");
  command->footer(R"(
The machine is the one in the trace, or, with -c, that of a file as it is now. Model, weights and
image are read from where they were; -m, -w and -i say where they are now. They must be the same.

Examples:
  vitsim trace check goldens/vitality.vtrc
  vitsim trace check goldens/vitality.vtrc -c configs/vitality.yaml --junit vitality.xml
  vitsim trace check goldens/vitality.vtrc --set accelerator.dram.latency_cycles=60 \
                     --cycles-within 2% --ignore dram

Exit codes: 0 as recorded; 1 it differs; 2 usage or configuration; 3 the trace cannot be read, or
model, weights or image have changed; 4 the simulation failed; 5 an output cannot be written.)");
  command->callback([options, &context] {
    context.action = [options, &context] { return run(*options, context); };
  });
}

}  // namespace vitsim::cli
