// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vitsim/sim/trace_header.h"
#include "vitsim/sim/workload.h"
#include "vitsim/trace/comparison.h"
#include "vitsim/trace/file.h"

namespace vitsim::sim {

/// A run of one image that a trace is recorded of, or compared with. One call a process (Machine).
struct TraceJob {
  Workload workload;
  RunFiles files;
  std::vector<std::string> overrides;
  trace::Level level = trace::Level::kTiles;
  ExternalDram* external = nullptr;           ///< the DRAM to bind in place of the configured one
  std::function<void(double done)> progress;  ///< the part of the program that is done, in [0, 1]
  std::function<void(std::size_t mappings_done, std::size_t mappings)> mapping_progress;
};

/// What a run had.
struct TraceCounts {
  std::int64_t events = 0;
  std::int64_t commands = 0;
  Cycles cycles = 0;
};

struct RecordedTrace {
  TraceCounts counts;
  std::string first_mismatch;  ///< with the integer network; empty: every integer is right
};

/// Runs the image, compares every integer with the integer network, and writes its trace to `file`;
/// no trace is written where an integer is wrong. ConfigError, ModelError (more than one image),
/// SimulationError, OutputError, Interrupted.
RecordedTrace record_trace(const TraceJob& job, const std::filesystem::path& file);

/// Where a tile's values differ first.
struct ValueDifference {
  std::int64_t row = 0;  ///< of the tensor
  std::int64_t col = 0;
  std::int64_t got = 0;
  /// By the integer network, where its tile is the one of the trace. Else nobody knows the column:
  /// `col` is the tile's first.
  std::optional<std::int64_t> expected;
  bool run_is_as_network = false;
};

struct TraceDifference {
  trace::Divergence divergence;
  std::string expected;  ///< as text
  std::string got;
  std::vector<std::string> before;
  std::string command;  ///< of the program: the one of what was got, or else of what was expected
  std::string tensor;   ///< that the values are of
  std::optional<ValueDifference> values;
};

struct TraceCheck {
  std::vector<std::string> remarks;  ///< what is not as when the trace was recorded
  TraceCounts counts;                ///< of the run, up to the divergence
  std::optional<TraceDifference> difference;
};

/// Parts of a check that a user does not want.
struct TraceTolerance {
  bool dram = false;
  bool scratchpad = false;
  bool stalls = false;
  bool values = false;
  double cycles = 0;  ///< part of the trace's cycles by which events may be earlier or later
};

/// Repeats the run of the trace at `file`, whose header is `golden`, and stops at the first event
/// that is another. What may have changed is in `job`. ModelError where weights, scales or input
/// are not those of the trace, which it names; else as record_trace().
TraceCheck check_trace(const TraceJob& job, const std::filesystem::path& file,
                       const TraceHeader& golden, const TraceTolerance& tolerance);

}  // namespace vitsim::sim
