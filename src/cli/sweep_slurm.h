// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "vitsim/core/error.h"
#include "vitsim/sweep/slurm.h"

namespace vitsim::cli {

/// How a sweep gets its processors.
struct SlurmOptions {
  std::string launcher = "local";
  std::vector<std::string> options;  ///< of sbatch
  std::int64_t points_per_task = sweep::kPointsPerTask;
  bool wait = false;

  [[nodiscard]] bool on_slurm() const { return launcher == "slurm"; }
};

/// A sweep as its tasks are to simulate it.
struct SlurmSweep {
  std::string file;
  std::string spec;     ///< the text of the file, as stores keep it
  std::string version;  ///< of vitsim, as stores keep it
  std::string program;  ///< the hash of this build, as stores keep it
  std::string store;
  std::int64_t points = 0;             ///< of the whole sweep
  int jobs = 1;                        ///< simulations at once in a task
  std::vector<std::string> arguments;  ///< further ones of `vitsim sweep` for the tasks
};

void add_slurm_options(CLI::App& command, SlurmOptions& options);
/// ConfigError where options are malformed, or given without --launcher slurm. Before any work.
void check_slurm_options(const SlurmOptions& options);

/// Submits the chunks that have no complete shard yet, and says how to watch and to collect them;
/// with `wait` it does both, and ends as the sweep would have here; kCheckFailed where shards are
/// missing then. ConfigError where the directory for shards has others.
ExitCode launch_on_slurm(const SlurmSweep& sweep, const SlurmOptions& options);

}  // namespace vitsim::cli
