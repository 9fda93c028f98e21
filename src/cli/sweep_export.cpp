// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/file.h"
#include "vitsim/sweep/export.h"

#include "output.h"
#include "sweep_commands.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

struct Options {
  std::string store;
  std::string output;
  std::string format;
  bool layers = false;
};

sweep::ExportFormat format_of(const Options& options) {
  const bool json = options.format.empty()
                        ? std::filesystem::path(options.output).extension() == ".json"
                        : options.format == "json";
  return json ? sweep::ExportFormat::kJson : sweep::ExportFormat::kCsv;
}

void write(const Options& options, const sweep::Store& store, const sweep::Write& write) {
  (options.layers ? sweep::export_layers : sweep::export_points)(store, format_of(options), write);
}

ExitCode run(const Options& options) {
  require(options.store, "sweep export", "FILE", "the results of a sweep, such as pe_sram.sqlite");
  require_other_file(options.store, options.output);
  const sweep::Store store(options.store, sweep::Store::Mode::kRead);
  if (options.output.empty()) {
    write(options, store, print);
    return ExitCode::kDone;
  }
  AtomicFile file(options.output);
  write(options, store, [&](std::string_view piece) { file.append(piece); });
  file.commit();
  return ExitCode::kDone;
}

}  // namespace

void require_other_file(const std::string& store, const std::string& output) {
  std::error_code unknown;
  if (!output.empty() && std::filesystem::equivalent(store, output, unknown)) {
    throw ConfigError(
        fmt::format("-o: got {}, the results themselves, expected another file", output));
  }
}

void add_sweep_export(CLI::App& sweep, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      sweep.add_subcommand("export", "Writes the results of a sweep as CSV or JSON");
  command->add_option("FILE", options->store, "the results of a sweep")->type_name("FILE.sqlite");
  command->add_option("-o,--output", options->output, "the table; standard output without it")
      ->type_name("FILE");
  command->add_option("--format", options->format, "by the ending of -o without it, or else csv")
      ->check(CLI::IsMember({"csv", "json"}));
  command->add_flag("--layers", options->layers, "a row a layer of each point, not a row a point");
  command->footer(R"(
A row is a point: its id, whether it is done, why it failed, what it took on this machine, its
parameters, and every number of its report.

Examples:
  vitsim sweep export pe_sram.sqlite -o pe_sram.csv
  vitsim sweep export pe_sram.sqlite --format json | jq '.[0]'
  vitsim sweep export pe_sram.sqlite --layers -o layers.csv

Exit codes: 0 written; 2 bad usage; 3 the results cannot be read; 5 the table cannot be written.)");
  command->callback([options, &context] { context.action = [options] { return run(*options); }; });
}

}  // namespace vitsim::cli
