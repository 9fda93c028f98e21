// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/file.h"
#include "vitsim/core/text.h"
#include "vitsim/sweep/report_html.h"

#include "output.h"
#include "sweep_commands.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

struct Options {
  std::string store;
  std::string output;
  std::vector<std::string> objectives;
};

/// "totals.cycles:min". A key may have colons.
sweep::Objective objective_of(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const std::string goal = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (colon == 0 || (goal != "min" && goal != "max")) {
    throw ConfigError(
        fmt::format("--objective: got '{}', expected KEY:min or KEY:max, such as totals.cycles:min",
                    printable(text)));
  }
  return {text.substr(0, colon), goal == "max"};
}

ExitCode run(const Options& options) {
  require(options.store, "sweep report", "FILE", "the results of a sweep, such as pe_sram.sqlite");
  require(options.output, "sweep report", "-o FILE", "the page, such as pe_sram.html");
  require_other_file(options.store, options.output);
  std::vector<sweep::Objective> asked;
  for (const std::string& objective : options.objectives) {
    asked.push_back(objective_of(objective));
  }
  const sweep::Store store(options.store, sweep::Store::Mode::kRead);
  const auto objectives = sweep::report_objectives(store, asked, printable(options.store));
  check_can_write(options.output);
  const sweep::ReportPage page =
      sweep::report_page(store, objectives, std::filesystem::path(options.store).filename());
  write_file_atomically(options.output, page.html);
  print(fmt::format("{}: {} points, {} failed, {} on the front\n", options.output, page.points,
                    page.failed, page.front));
  return ExitCode::kDone;
}

}  // namespace

void add_sweep_report(CLI::App& sweep, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      sweep.add_subcommand("report", "Shows the results of a sweep in one HTML page");
  command->add_option("FILE", options->store, "the results of a sweep")->type_name("FILE.sqlite");
  command->add_option("-o,--output", options->output, "the page")->type_name("FILE.html");
  command
      ->add_option("--objective", options->objectives,
                   "a number that is to be small or large, may be repeated; those of the sweep "
                   "without it")
      ->type_name("KEY:min|max")
      ->allow_extra_args(false);
  command->footer(R"(
The page needs no network and no other file. It has the front of the objectives, every point with
its settings and figures, where the time of a point goes, what each parameter does and what each KiB
and each PE is worth. Its address keeps the open point and the filter: page.html#point=12.

Examples:
  vitsim sweep report pe_sram.sqlite -o pe_sram.html
  vitsim sweep report pe_sram.sqlite -o pe_sram.html \
                      --objective totals.cycles:min --objective totals.top1:max

Exit codes: 0 written; 2 bad usage, or no such objective; 3 the results cannot be read; 5 the page
cannot be written.)");
  command->callback([options, &context] { context.action = [options] { return run(*options); }; });
}

}  // namespace vitsim::cli
