// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>

#include <CLI/App.hpp>

#include "vitsim/core/error.h"

/// The subcommands, one file each. Each adds its options to the command line and, where the user
/// chose it, sets what main runs.
namespace vitsim::cli {

/// What main shares with the commands.
struct Context {
  std::chrono::steady_clock::time_point started;  ///< of the process
  std::function<ExitCode()> action;               ///< of the command that was chosen
};

void add_run_command(CLI::App& app, Context& context);
void add_gemm_command(CLI::App& app, Context& context);
void add_attention_command(CLI::App& app, Context& context);
void add_compare_command(CLI::App& app, Context& context);
void add_calibrate_command(CLI::App& app, Context& context);
void add_config_command(CLI::App& app, Context& context);
void add_estimate_command(CLI::App& app, Context& context);
void add_program_command(CLI::App& app, Context& context);
void add_map_command(CLI::App& app, Context& context);
void add_trace_command(CLI::App& app, Context& context);
void add_sweep_command(CLI::App& app, Context& context);

}  // namespace vitsim::cli
