// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace vitsim {

/// What another program left behind.
struct ExternalOutcome {
  int exit_code = 0;  ///< 128 and the signal's number where one ended it, as in shells
  std::string out;
  std::string err;
};

/// Runs another program to its end: its name, looked for in PATH unless it has a '/', then its
/// arguments, which no shell reads. Nothing is on its standard input. None where there is no such
/// program; SimulationError where it cannot be run.
std::optional<ExternalOutcome> run_external(const std::vector<std::string>& words);

}  // namespace vitsim
