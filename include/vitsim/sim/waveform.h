// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "vitsim/core/units.h"
#include "vitsim/sim/machine.h"

namespace vitsim::sim {

/// What of a run is to be seen as a waveform.
struct WaveformOptions {
  std::filesystem::path file;
  std::vector<std::string> signals;  ///< patterns of the shell, such as pe_array.*; none: all
  Cycles first = 0;
  Cycles last = std::numeric_limits<Cycles>::max();
};

/// Writes signals of a machine as VCD (IEEE 1364), by SystemC's tracing. A cycle takes a unit of
/// its time, 1 ps; what a cycle leaves in the registers is there from the cycle's number plus one
/// on, as `clock.cycle` says. Before the range all is X; the file ends with it.
class Waveform {
 public:
  /// Follows `machine`, which must outlive this, from its next image on. ConfigError where a
  /// pattern fits no signal.
  Waveform(Machine& machine, const WaveformOptions& options);
  Waveform(const Waveform&) = delete;
  Waveform& operator=(const Waveform&) = delete;
  /// Without finish() nothing is left behind.
  ~Waveform();

  /// The file takes its place; the machine is followed no more. ConfigError where the range lies
  /// behind the last cycle, OutputError.
  void finish();

 private:
  class Follower;
  std::unique_ptr<Follower> follower_;
};

}  // namespace vitsim::sim
