// SPDX-License-Identifier: Apache-2.0
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "sweep_commands.h"

namespace vitsim::cli {

void add_sweep_command(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("sweep", "Simulates many machines, into one SQLite file");
  add_sweep_export(*command, context);
  add_sweep_report(*command, context);
}

}  // namespace vitsim::cli
