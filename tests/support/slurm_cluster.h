// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <sys/types.h>

#include "support/temporary_directory.h"

namespace vitsim::test {

/// A Slurm of this machine alone: munged, slurmctld and slurmd on loopback, of two processors, with
/// all their files in a temporary directory. SLURM_CONF leads this process and its children there;
/// nothing in /etc and /run is read or written. It ends with this object, or with the process,
/// however that ends.
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
  void start();
  void wait_until_idle();
  [[nodiscard]] std::string logs() const;
  void stop();

  TemporaryDirectory directory_;
  pid_t keeper_ = -1;  ///< the process that has the daemons as children
  int alive_ = -1;     ///< a pipe to it, whose end is the end of the cluster
};

}  // namespace vitsim::test
