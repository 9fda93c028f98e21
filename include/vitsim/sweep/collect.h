// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vitsim::sweep {

/// What a file that a task of a sweep wrote is found to be.
struct Shard {
  std::filesystem::path path;
  bool complete = false;    ///< its task ended and all its points are in it
  std::string problem;      ///< why it is not
  std::int64_t points = 0;  ///< that can be read
  std::string spec;         ///< the text of the sweep's file; empty where nothing can be read
  std::string version;      ///< of vitsim
  std::string program;      ///< its build, as PointHash has it
};

/// The shards in a directory, finished or not, by name, but for `store`, where they are to go.
/// ModelError where it cannot be read.
std::vector<std::filesystem::path> shards_in(const std::filesystem::path& directory,
                                             const std::filesystem::path& store);

/// Reads all of a shard and leaves it as it is, also where its task was killed or still writes it.
/// ModelError where there is no such file.
Shard look_at(const std::filesystem::path& path);

/// What was collected.
struct Collected {
  int complete = 0;               ///< shards
  std::int64_t added = 0;         ///< points that the store did not have, or had as failed
  std::int64_t known = 0;         ///< points that it had
  std::int64_t failed = 0;        ///< among those added
  std::vector<Shard> incomplete;  ///< shards
};

/// Adds the points of complete shards, with `partial` those of the others, too, to a store, which
/// is made where there is none. A point that the store has stays, but a failed one gives way to one
/// that is done; so it may be called again, with the shards in any order. ModelError, and nothing
/// is added, where shards or the store are of different sweeps or builds of vitsim; Interrupted,
/// and what was added stays.
Collected collect(const std::filesystem::path& store,
                  const std::vector<std::filesystem::path>& shards, bool partial);

}  // namespace vitsim::sweep
