// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "vitsim/core/text.h"
#include "vitsim/sim/version.h"
#include "vitsim/sweep/pareto.h"
#include "vitsim/sweep/summary.h"

#include "output.h"
#include "progress.h"
#include "sweep_commands.h"
#include "sweep_job.h"
#include "sweep_slurm.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string spec;
  std::string store;
  std::size_t jobs = std::max(1U, std::thread::hardware_concurrency());
  bool jobs_given = false;
  std::string shard;
  SlurmOptions slurm;
  bool resume = false;
  bool retry_failed = false;
  bool list = false;
  bool quiet = false;
};

constexpr std::size_t kListed = 20;

/// A part of a sweep's points: `--shard 3/8`.
struct Shard {
  std::size_t number = 0;
  std::size_t of = 1;
};

Shard shard_of(const std::string& text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto [slash, first_error] = std::from_chars(text.data(), end, shard.number);
  if (first_error == std::errc() && slash != end && *slash == '/') {
    const auto [rest, error] = std::from_chars(slash + 1, end, shard.of);
    if (error == std::errc() && rest == end && shard.number < shard.of) {
      return shard;
    }
  }
  throw ConfigError(
      fmt::format("--shard: got '{}', expected I/N with I from 0 to N - 1", printable(text)));
}

std::vector<sweep::Point> part_of(std::vector<sweep::Point> points, const Shard& shard) {
  const std::size_t first = points.size() * shard.number / shard.of;
  const std::size_t last = points.size() * (shard.number + 1) / shard.of;
  return {std::make_move_iterator(points.begin() + static_cast<std::ptrdiff_t>(first)),
          std::make_move_iterator(points.begin() + static_cast<std::ptrdiff_t>(last))};
}

/// Results of another program would stand beside ours under the same parameters.
void check_program(const sweep::Store& store, const std::string& program, const fs::path& file) {
  const std::optional<std::string> before = store.get("program");
  if (before && *before != program) {
    throw ModelError(fmt::format(
        "{}: its results are of another build of vitsim ({}), expected this one; -o names another "
        "file",
        file.string(), printable(store.get("version").value_or("?"))));
  }
}

sweep::RunnerOptions runner_options(const Options& options, const sweep::Spec& spec) {
  sweep::RunnerOptions runner;
  runner.jobs = options.jobs;
  if (spec.most_seconds) {
    runner.limits.time = std::chrono::seconds(*spec.most_seconds);
  }
  if (spec.most_mebibytes) {
    runner.limits.bytes = *spec.most_mebibytes << 20;
  }
  runner.prune = spec.strategy == sweep::Strategy::kPareto;
  runner.retry_failed = options.retry_failed;
  runner.objectives = spec.objectives;
  return runner;
}

std::string best_text(const sweep::Tally& tally, const sweep::Objective& objective,
                      double seconds) {
  std::string text;
  if (tally.done > 0) {
    text += fmt::format(", {:.1f} a second", static_cast<double>(tally.done) / seconds);
  }
  if (tally.failed > 0) {
    text += fmt::format(", {} failed", tally.failed);
  }
  if (tally.best) {
    text += fmt::format(", best {} {}", objective.key, sweep::number_text(tally.best->value));
  }
  return text;
}

sweep::Tally simulate(const Options& options, const sweep::Spec& spec,
                      const std::vector<sweep::Point>& points, sweep::PointHash& hash,
                      sweep::Store& store) {
  sweep::RunnerOptions runner = runner_options(options, spec);
  Progress estimates(options.quiet, "points estimated");
  runner.show_estimates = [&](std::size_t done, std::size_t all) {
    estimates.show(static_cast<double>(done), all);
  };
  Progress progress(options.quiet, "points");
  const auto started = std::chrono::steady_clock::now();
  runner.show = [&](const sweep::Tally& tally) {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    progress.show(static_cast<double>(tally.over()), tally.points,
                  best_text(tally, spec.objectives.front(), seconds));
  };
  try {
    return sweep::run_points(
        points.size(), [&](std::size_t i) { return sweep_job(spec, points[i], hash); }, store,
        runner);
  } catch (const Interrupted&) {
    progress.wipe();
    fmt::print(stderr, "vitsim: {} of {} points are in {}; --resume goes on\n", store.count(),
               points.size(), store.path().string());
    throw;
  }
}

/// As an array of Slurm jobs.
ExitCode launch(const Options& options, const sweep::Spec& spec, std::size_t points,
                const fs::path& target) {
  if (spec.strategy == sweep::Strategy::kPareto) {
    throw ConfigError(
        "--launcher slurm: got strategy: pareto, whose points depend on those before; expected "
        "grid, random or latin_hypercube");
  }
  if (!options.shard.empty() || options.retry_failed) {
    throw ConfigError(
        "--launcher slurm: got --shard or --retry-failed, expected neither: tasks have chunks of "
        "their own, and what failed is run again from the collected results with --resume");
  }
  SlurmSweep sweep;
  sweep.file = options.spec;
  sweep.spec = spec.text;
  sweep.version = sim::version();
  sweep.program = sweep::PointHash().program();
  sweep.store = target.string();
  sweep.points = static_cast<std::int64_t>(points);
  sweep.jobs = options.jobs_given ? static_cast<int>(options.jobs) : 1;
  return launch_on_slurm(sweep, options.slurm);
}

/// What the store is to say about the sweep as a whole.
void describe(sweep::Store& store, const Options& options, const sweep::Spec& spec,
              std::size_t points, const std::string& program) {
  store.set("name", spec.name);
  store.set("version", std::string(sim::version()));
  store.set("program", program);
  store.set("objectives", sweep::to_text(spec.objectives));
  store.set("spec", spec.text);
  store.set("points", std::to_string(points));
  if (!options.shard.empty()) {
    store.set("shard", options.shard);
  }
}

/// Simulates what `file` does not have yet, and says what came of it.
sweep::Tally simulate_into(const fs::path& file, const Options& options, const sweep::Spec& spec,
                           const std::vector<sweep::Point>& points) {
  const bool is_shard = !options.shard.empty();
  sweep::PointHash hash;
  sweep::Store store(file, is_shard ? sweep::Store::Mode::kWriteShard : sweep::Store::Mode::kWrite);
  check_program(store, hash.program(), file);
  describe(store, options, spec, points.size(), hash.program());
  sweep::Tally tally = simulate(options, spec, points, hash, store);
  if (is_shard) {
    // Two points may be the same machine.
    store.set("points", std::to_string(store.count()));
  }
  store.set("complete", "true");
  if (!options.quiet) {
    print(sweep::summary_text(tally, store, spec.objectives));
  }
  return tally;
}

ExitCode exit_code_of(const sweep::Tally& tally) {
  if (tally.mismatches > 0) {
    fmt::print(stderr, "vitsim: check failed: {} integers are wrong\n", tally.mismatches);
    return ExitCode::kCheckFailed;
  }
  return tally.failed == tally.points ? ExitCode::kSimulationFailed : ExitCode::kDone;
}

/// A part of the points, into a file that has its name when it is complete.
ExitCode run_shard(const Options& options, const sweep::Spec& spec,
                   const std::vector<sweep::Point>& points, const fs::path& target) {
  if (fs::exists(target)) {
    return ExitCode::kDone;  // the task was started again
  }
  const fs::path file = target.string() + ".part";
  const sweep::Tally tally = simulate_into(file, options, spec, points);
  fs::rename(file, target);
  return exit_code_of(tally);
}

ExitCode run_here(const Options& options, const sweep::Spec& spec,
                  const std::vector<sweep::Point>& points, const fs::path& target) {
  if (fs::exists(target) && !options.resume) {
    throw ConfigError(fmt::format(
        "{}: exists already; --resume goes on with it, -o names another file", target.string()));
  }
  const sweep::Tally tally = simulate_into(target, options, spec, points);
  if (!options.quiet) {
    print(fmt::format("\nvitsim sweep report {} -o {}.html shows them.\n", target.string(),
                      target.stem().string()));
  }
  return exit_code_of(tally);
}

ExitCode run(const Options& options) {
  require(options.spec, "sweep", "SWEEP", "a sweep file, such as configs/sweeps/pe_sram.yaml");
  check_slurm_options(options.slurm);
  sweep::Spec spec = sweep::read_spec(options.spec);
  sweep::check_keys(spec);
  if (spec.objectives.empty()) {
    spec.objectives.push_back({"totals.cycles", false});
  }
  const Shard shard = options.shard.empty() ? Shard() : shard_of(options.shard);
  const std::vector<sweep::Point> points = part_of(sweep::Space(spec).points(), shard);
  const fs::path target = options.store.empty() ? spec.name + ".sqlite" : options.store;
  if (options.list) {
    print(fmt::format("{} points\n\n{}", points.size(), sweep::points_text(spec, points, kListed)));
    return ExitCode::kDone;
  }
  if (options.slurm.on_slurm()) {
    return launch(options, spec, points.size(), target);
  }
  return options.shard.empty() ? run_here(options, spec, points, target)
                               : run_shard(options, spec, points, target);
}

}  // namespace

void add_sweep_run(CLI::App& sweep, Context& context) {
  auto options = std::make_shared<Options>();
  sweep.add_option("SWEEP", options->spec, "a sweep file")->type_name("FILE");
  sweep
      .add_option("-o,--output", options->store, "the results; default: the sweep's name, .sqlite")
      ->type_name("FILE");
  const CLI::Option* jobs =
      sweep
          .add_option("-j,--jobs", options->jobs,
                      "points at once; default: processors, in a task of Slurm one")
          ->check(CLI::Range(1, 1024))
          ->type_name("N");
  sweep.add_flag("--resume", options->resume, "goes on with what -o holds");
  sweep.add_flag("--retry-failed", options->retry_failed, "runs points again that failed");
  sweep.add_option("--shard", options->shard, "only part I of N of the points, as a shard")
      ->type_name("I/N");
  sweep.add_flag("--list", options->list, "prints the points and simulates none");
  sweep.add_flag("--quiet", options->quiet, "prints nothing but errors");
  add_slurm_options(sweep, options->slurm);
  sweep.callback([options, jobs, &context, &sweep] {
    options->jobs_given = jobs->count() > 0;
    if (sweep.get_subcommands().empty()) {
      context.action = [options] { return run(*options); };
    }
  });
}

}  // namespace vitsim::cli
