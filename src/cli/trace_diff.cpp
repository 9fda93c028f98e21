// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/trace_diff.h"

#include <memory>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "vitsim/trace/file.h"

#include "output.h"
#include "trace_commands.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

struct Options {
  std::string before;
  std::string after;
  bool layers = false;
};

sim::TraceTotals totals_of(const std::string& file) {
  trace::Reader reader(file);
  return sim::read_totals(reader, file);
}

ExitCode run(const Options& options) {
  require(options.before, "trace diff", "A", "a trace of `vitsim trace record`");
  require(options.after, "trace diff", "B", "another one");
  const sim::TraceTotals before = totals_of(options.before);
  const sim::TraceTotals after = totals_of(options.after);
  const sim::TraceDiff diff = sim::diff(before, after);
  print(sim::diff_text(diff, before, after, options.before, options.after, options.layers));
  return diff.same() ? ExitCode::kDone : ExitCode::kCheckFailed;
}

}  // namespace

void add_trace_diff(CLI::App& trace, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = trace.add_subcommand("diff", "Says what two traces differ in");
  command->add_option("A", options->before, "a trace")->type_name("FILE");
  command->add_option("B", options->after, "another one")->type_name("FILE");
  command->add_flag("--layers", options->layers, "lists every layer, not those that differ alone");
  command->footer(R"(
Nothing is run. A layer's exclusive cycles are those in which it was the oldest unfinished one: they
add up to all cycles.

Examples:
  vitsim trace diff before.vtrc after.vtrc
  vitsim trace diff goldens/vitality.vtrc new.vtrc --layers

Exit codes: 0 same cycles and values; 1 they differ; 3 a trace cannot be read.)");
  command->callback([options, &context] { context.action = [options] { return run(*options); }; });
}

}  // namespace vitsim::cli
