// SPDX-License-Identifier: Apache-2.0
#include "sweep_collect.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "vitsim/core/text.h"

#include "output.h"
#include "sweep_commands.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> shards;
  std::string store;
  bool partial = false;
};

/// With directories replaced by the shards in them.
std::vector<fs::path> all_shards(const Options& options) {
  std::vector<fs::path> shards;
  for (const std::string& path : options.shards) {
    if (!fs::is_directory(path)) {
      shards.emplace_back(path);
      continue;
    }
    const std::vector<fs::path> found = sweep::shards_in(path, options.store);
    if (found.empty()) {
      throw ModelError(
          fmt::format("{}: got a directory without shards, expected files such as "
                      "shard-0-of-4.sqlite",
                      printable(path)));
    }
    shards.insert(shards.end(), found.begin(), found.end());
  }
  return shards;
}

ExitCode run(const Options& options) {
  require(options.store, "sweep collect", "-o FILE", "the store that is to have all points");
  require(options.shards.empty() ? "" : options.shards.front(), "sweep collect", "SHARD",
          "what `vitsim sweep --shard` wrote, or a directory of it");
  check_can_write(options.store);
  return report_collected(sweep::collect(options.store, all_shards(options), options.partial));
}

std::string counted(std::int64_t number, const std::string& what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

}  // namespace

ExitCode report_collected(const sweep::Collected& collected) {
  std::string text;
  for (const sweep::Shard& shard : collected.incomplete) {
    text += fmt::format("{}: not complete: {}; {}\n", printable(shard.path.string(), 500),
                        shard.problem, counted(shard.points, "point") + " in it");
  }
  text += fmt::format("collected {}: {} new, {} known", counted(collected.complete, "shard"),
                      counted(collected.added, "point"), collected.known);
  if (collected.failed > 0) {
    text += fmt::format(", {} of the new ones failed", collected.failed);
  }
  if (!collected.incomplete.empty()) {
    text += fmt::format(", {} not complete", counted(std::ssize(collected.incomplete), "shard"));
  }
  print(text + "\n");
  return collected.incomplete.empty() ? ExitCode::kDone : ExitCode::kCheckFailed;
}

void add_sweep_collect(CLI::App& sweep, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      sweep.add_subcommand("collect", "Puts the points of a sweep's shards into one file");
  command->add_option("SHARD", options->shards, "shards, and directories of shards")
      ->type_name("FILE");
  command
      ->add_option("-o,--output", options->store, "the store to add to; made where there is none")
      ->type_name("FILE");
  command->add_flag("--partial", options->partial,
                    "takes the points of shards that are not complete, too");
  command->footer(R"(
A shard is what one task of `vitsim sweep --launcher slurm` writes. Points that the store has are
not added again, so shards may come in any order and more than once; a point that failed gives way
to one that is done. Shards whose tasks still run, or were killed, are named and left as they are.

Examples:
  vitsim sweep collect -o pe_sram.sqlite pe_sram.sqlite.shards
  vitsim sweep collect -o pe_sram.sqlite --partial pe_sram.sqlite.shards

Exit codes: 0 all shards are complete; 1 some are not (the others are collected); 2 usage; 3 there
are none, or they are of different sweeps or builds of vitsim; 5 the store cannot be written.)");
  command->callback([options, &context] { context.action = [options] { return run(*options); }; });
}

}  // namespace vitsim::cli
