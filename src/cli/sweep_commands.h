// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>

#include "commands.h"

/// The parts of `vitsim sweep`.
namespace vitsim::cli {

/// `vitsim sweep SWEEP.yaml` itself.
void add_sweep_run(CLI::App& sweep, Context& context);
void add_sweep_collect(CLI::App& sweep, Context& context);

}  // namespace vitsim::cli
