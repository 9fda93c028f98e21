// SPDX-License-Identifier: Apache-2.0
#include "sweep_slurm.h"

#include <algorithm>
#include <filesystem>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "vitsim/core/text.h"
#include "vitsim/sweep/store.h"

#include "output.h"
#include "sweep_collect.h"

namespace vitsim::cli {
namespace {

namespace fs = std::filesystem;

void make_directory(const fs::path& directory) {
  std::error_code problem;
  fs::create_directories(directory, problem);
  if (problem) {
    throw OutputError(
        fmt::format("{}: cannot be made: {}", printable(directory.string()), problem.message()));
  }
  check_can_write(directory / "submit.sh");
}

/// The chunks without a complete shard. ConfigError where the directory has shards of something
/// else, whose points would be mixed with those of this sweep.
std::vector<int> missing_chunks(const sweep::SlurmJob& job, const SlurmSweep& sweep) {
  const std::string end = fmt::format("-of-{}.sqlite", job.chunks);
  for (const fs::path& path : sweep::shards_in(job.shards, sweep.store)) {
    const sweep::Shard shard = sweep::look_at(path);
    const std::string name = path.filename().string();
    const bool fits = name.ends_with(end) || name.ends_with(end + ".part");
    // Where nothing can be read, the task begins anew.
    const bool same =
        shard.spec.empty() || (shard.spec == sweep.spec && shard.version == sweep.version &&
                               shard.program == sweep.program);
    if (!fits || !same) {
      throw ConfigError(fmt::format(
          "{}: got a shard {}, expected those of {} chunks of this sweep alone: collect them and "
          "remove the directory, or choose another file with -o",
          printable(path.string(), 500),
          fits ? "of another sweep or build of vitsim" : "of other chunks", job.chunks));
    }
  }
  std::vector<int> missing;
  for (int chunk = 0; chunk < job.chunks; ++chunk) {
    const fs::path path = sweep::shard_path(job, chunk);
    if (!fs::exists(path) || !sweep::look_at(path).complete) {
      missing.push_back(chunk);
    }
  }
  return missing;
}

/// As a user can paste it into a shell.
std::string pasted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+:=@%";
  return word.find_first_not_of(kPlain) == std::string::npos ? word : sweep::shell_word(word);
}

/// Integers that are not as the integer network has them, over all points.
double mismatches_in(const sweep::Store& store) {
  const std::string key = "check.integer_mismatches";
  double sum = 0;
  if (std::ranges::count(store.columns(), key, &sweep::Column::name) > 0) {
    store.each({key}, [&](const sweep::Row& row) {
      const auto* number = row.values[0] ? std::get_if<double>(&*row.values[0]) : nullptr;
      sum += number == nullptr ? 0 : *number;
    });
  }
  return sum;
}

bool has_a_point_that_is_done(const sweep::Store& store) {
  bool found = false;
  store.each({}, [&](const sweep::Row& row) { found = found || row.done; });
  return found;
}

/// Takes what is complete into the store, and says how the sweep ended.
ExitCode collect(const sweep::SlurmJob& job, const std::string& file) {
  const sweep::Collected collected =
      sweep::collect(file, sweep::shards_in(job.shards, file), false);
  const ExitCode code = report_collected(collected);
  if (collected.complete < job.chunks) {
    print(fmt::format(
        "{} of {} tasks left no complete shard; {} say why. The same command submits them again.\n",
        job.chunks - collected.complete, job.chunks,
        printable((job.shards / "slurm-*.out").string(), 500)));
    return ExitCode::kCheckFailed;
  }
  const sweep::Store store(file, sweep::Store::Mode::kRead);
  if (const double mismatches = mismatches_in(store); mismatches > 0) {
    fmt::print(stderr, "vitsim: check failed: {} integers are wrong\n", mismatches);
    return ExitCode::kCheckFailed;
  }
  return has_a_point_that_is_done(store) ? code : ExitCode::kSimulationFailed;
}

}  // namespace

void add_slurm_options(CLI::App& command, SlurmOptions& options) {
  command
      .add_option("--launcher", options.launcher,
                  "where points are simulated: local (default) or slurm, as an array of jobs")
      ->type_name("NAME");
  command
      .add_option("--slurm", options.options,
                  "an option for sbatch, such as partition=debug or exclusive; repeatable")
      ->type_name("OPTION")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      .add_option("--chunk", options.points_per_task,
                  fmt::format("points that a task of Slurm simulates (default: {}; more where "
                              "there would be more than {} tasks)",
                              sweep::kPointsPerTask, sweep::kMostTasks))
      ->type_name("POINTS");
  command.add_flag("--wait", options.wait, "waits for Slurm's tasks and collects their shards");
}

void check_slurm_options(const SlurmOptions& options) {
  if (options.launcher != "local" && options.launcher != "slurm") {
    throw ConfigError(
        fmt::format("--launcher: got '{}', expected local or slurm", printable(options.launcher)));
  }
  if (options.points_per_task < 1) {
    throw ConfigError(fmt::format("--chunk: got '{}', expected an integer of at least 1",
                                  options.points_per_task));
  }
  if (!options.on_slurm() && (!options.options.empty() || options.wait ||
                              options.points_per_task != sweep::kPointsPerTask)) {
    throw ConfigError("--slurm, --chunk and --wait: got no --launcher slurm, expected it as well");
  }
  for (const std::string& option : options.options) {
    sweep::check_slurm_option(option);
  }
}

ExitCode launch_on_slurm(const SlurmSweep& sweep, const SlurmOptions& options) {
  check_slurm_options(options);
  sweep::SlurmJob job;
  job.program = fs::read_symlink("/proc/self/exe");
  job.sweep_file = fs::absolute(sweep.file).lexically_normal();
  job.shards = sweep::shard_directory(sweep.store);
  job.chunks = sweep::chunks_of(sweep.points, options.points_per_task);
  job.cpus_per_task = sweep.jobs;
  job.arguments = sweep.arguments;
  job.options = options.options;
  make_directory(job.shards);
  job.tasks = missing_chunks(job, sweep);
  const std::string how_to_collect = fmt::format("vitsim sweep collect -o {} {}",
                                                 pasted(sweep.store), pasted(job.shards.string()));
  if (job.tasks.empty()) {
    print(fmt::format("all {} shards are complete\n", job.chunks));
  } else {
    const sweep::SlurmId id = sweep::submit(job);
    const std::string cluster = id.cluster.empty() ? "" : " -M " + pasted(id.cluster);
    print(fmt::format(
        "submitted job {}: {} of {} chunks of {} points in all\n"
        "  squeue -j {}{}    what waits and runs\n"
        "  scancel {}{}      ends it\n",
        id.job, job.tasks.size(), job.chunks, sweep.points, id.job, cluster, id.job, cluster));
    if (options.wait) {
      sweep::wait_for(id);
    }
  }
  if (options.wait) {
    return collect(job, sweep.store);
  }
  print(fmt::format("  {}\n", how_to_collect));
  return ExitCode::kDone;
}

}  // namespace vitsim::cli
