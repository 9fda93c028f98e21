// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vitsim/core/child_pool.h"
#include "vitsim/sweep/figures.h"
#include "vitsim/sweep/spec.h"
#include "vitsim/sweep/store.h"

namespace vitsim::sweep {

/// A point that can be run.
struct Job {
  std::string hash;
  std::vector<Named> parameters;
  std::string problem;  ///< why it cannot; empty: it can
  /// Both run in a child.
  std::function<Figures()> simulate;
  std::function<Figures()> estimate;
};

/// The least that a point has cost so far.
struct Best {
  double value = 0;
  std::vector<Named> parameters;
};

/// How far a sweep is. Every point is in exactly one of the first four when all is done.
struct Tally {
  std::size_t known = 0;   ///< in the store beforehand, or the same machine as one before
  std::size_t done = 0;    ///< simulated now
  std::size_t failed = 0;  ///< now
  std::size_t pruned = 0;  ///< that cannot reach the front
  std::size_t points = 0;
  std::int64_t mismatches = 0;  ///< integers that are not as the integer network has them
  std::string first_failure;
  std::optional<Best> best;  ///< of the first objective

  [[nodiscard]] std::size_t over() const { return known + done + failed + pruned; }
};

struct RunnerOptions {
  std::size_t jobs = 1;  ///< at once
  ChildLimits limits;    ///< of each
  bool prune = false;    ///< leave out what cannot reach the front of the objectives
  bool retry_failed = false;
  std::vector<Objective> objectives;
  /// How many of all points are estimated, before the first is simulated.
  std::function<void(std::size_t done, std::size_t all)> show_estimates;
  /// Called now and then.
  std::function<void(const Tally&)> show;
};

/// Simulates points 0 to `count` - 1, each in a process of its own, and adds what became of each to
/// the store as soon as it has ended; points that the store knows are not run again. ConfigError
/// where an objective is no number of a report. Interrupted on Ctrl-C: what had ended by then is in
/// the store.
Tally run_points(std::size_t count, const std::function<Job(std::size_t)>& job_of, Store& store,
                 const RunnerOptions& options);

}  // namespace vitsim::sweep
