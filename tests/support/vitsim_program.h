// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace vitsim::test {

/// What a run of the program left behind.
struct ProgramResult {
  int exit_code = -1;  ///< -1 where a signal ended it
  bool timed_out = false;
  std::string out;
  std::string err;
};

struct ProgramLimits {
  std::chrono::milliseconds limit = std::chrono::minutes(5);
  std::optional<std::chrono::milliseconds> interrupt_after;  ///< when it is sent SIGINT
};

/// Runs `vitsim` as a user does, in the root of the repository, with nothing on standard input and
/// both outputs captured.
ProgramResult run_vitsim(const std::vector<std::string>& arguments,
                         const ProgramLimits& limits = {});

/// The same with another program, named by its path.
ProgramResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                          const ProgramLimits& limits = {});

}  // namespace vitsim::test
