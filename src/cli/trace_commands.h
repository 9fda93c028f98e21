// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>

#include "commands.h"

/// The parts of `vitsim trace`.
namespace vitsim::cli {

void add_trace_record(CLI::App& trace, Context& context);
void add_trace_check(CLI::App& trace, Context& context);
void add_trace_diff(CLI::App& trace, Context& context);

}  // namespace vitsim::cli
