// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <CLI/App.hpp>

#include "commands.h"

/// The parts of `vitsim sweep`.
namespace vitsim::cli {

/// `vitsim sweep SWEEP.yaml` itself.
void add_sweep_run(CLI::App& sweep, Context& context);
void add_sweep_collect(CLI::App& sweep, Context& context);
void add_sweep_export(CLI::App& sweep, Context& context);
void add_sweep_report(CLI::App& sweep, Context& context);

/// ConfigError where `output` is the store itself, which it would replace.
void require_other_file(const std::string& store, const std::string& output);

}  // namespace vitsim::cli
