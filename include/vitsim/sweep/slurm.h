// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace vitsim::sweep {

/// A sweep as an array of Slurm jobs: a task a chunk of points, each with a shard of its own.
struct SlurmJob {
  std::filesystem::path program;       ///< vitsim, as the nodes see it
  std::filesystem::path sweep_file;    ///< absolute: what it names is relative to it
  std::filesystem::path shards;        ///< the directory where the tasks write
  int chunks = 1;                      ///< of all points
  std::vector<int> tasks;              ///< the chunks to simulate, ascending
  int cpus_per_task = 1;               ///< as many simulations at once
  std::vector<std::string> arguments;  ///< further ones of `vitsim sweep`
  std::vector<std::string> options;    ///< further ones of sbatch: "partition=debug", "exclusive"
};

/// A job that Slurm took.
struct SlurmId {
  std::string job;
  std::string cluster;  ///< empty unless several were to choose from
};

/// Tasks are to have so many points.
constexpr std::int64_t kPointsPerTask = 50;
/// Of an array, as Slurm has it unless its administrator says otherwise (MaxArraySize is 1001).
constexpr int kMostTasks = 1000;

/// How many chunks of so many points there are; of more points where that would be too many.
int chunks_of(std::int64_t points, std::int64_t points_per_chunk);
/// Where the tasks of a sweep into this store write.
std::filesystem::path shard_directory(const std::filesystem::path& store);
std::filesystem::path shard_path(const SlurmJob& job, int chunk);

/// ConfigError where it is no name or name=value of an option of sbatch, or one that vitsim sets.
void check_slurm_option(const std::string& option);

/// What sbatch gets: the job's options, and the call of vitsim for one chunk. ConfigError where an
/// option or the shards' directory cannot be written down there.
std::string batch_script(const SlurmJob& job);

/// `text` as one word of a shell, whatever is in it.
std::string shell_word(std::string_view text);

/// Writes the script into the shards' directory and hands it to sbatch. ConfigError where there is
/// no sbatch, SimulationError with what it says where it refuses.
SlurmId submit(const SlurmJob& job);
/// Until no task waits or runs. SimulationError where Slurm does not answer for long, Interrupted;
/// the job goes on then.
void wait_for(const SlurmId& id);

}  // namespace vitsim::sweep
