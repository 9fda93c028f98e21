// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <CLI/App.hpp>

#include "vitsim/sim/report.h"
#include "vitsim/sim/run.h"

#include "inputs.h"

namespace vitsim::cli {

/// `--check`: exact or none.
void add_check_option(CLI::App& command, std::string& check, const std::string& meaning);
sim::Check check_of(const std::string& check);

/// Images of a network on a machine: what is to run, and the files that say so.
struct RunJob {
  sim::RunOptions options;
  sim::RunFiles files;
};

/// Random weights where neither the user nor the model names others: they show the cycles.
void default_to_random_weights(Inputs& inputs);

/// Reads the configuration and the model. ConfigError, for one where `-i` is missing and `command`
/// cannot do without; ModelError.
RunJob load_run_job(const Inputs& inputs, const std::string& check, const std::string& command);

}  // namespace vitsim::cli
