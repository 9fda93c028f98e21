// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "support/temporary_directory.h"

namespace vitsim::test {

/// A Slurm of this machine alone: munged, slurmctld and slurmd on loopback, of two processors, with
/// all their files in a temporary directory. SLURM_CONF leads this process and its children there;
/// nothing in /etc and /run is read or written. It ends with this object, or with the process.
class SlurmCluster {
 public:
  /// Why there can be none here, as a sentence; empty where there can.
  static std::string obstacle();

  /// Starts it and waits until its node is idle. std::runtime_error, with its logs, where that does
  /// not happen. A process can have one at a time.
  SlurmCluster();
  SlurmCluster(const SlurmCluster&) = delete;
  SlurmCluster& operator=(const SlurmCluster&) = delete;
  ~SlurmCluster();

 private:
  void write_configuration() const;
  void start(const std::vector<std::string>& words);
  void wait_until_idle() const;
  [[nodiscard]] std::string logs() const;
  void stop();

  TemporaryDirectory directory_;
  std::vector<pid_t> daemons_;  ///< in the order in which they were started
};

}  // namespace vitsim::test
