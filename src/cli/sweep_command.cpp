// SPDX-License-Identifier: Apache-2.0
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "sweep_commands.h"

namespace vitsim::cli {

void add_sweep_command(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("sweep", "Simulates many machines, into one SQLite file");
  add_sweep_run(*command, context);
  add_sweep_collect(*command, context);
  add_sweep_export(*command, context);
  add_sweep_report(*command, context);
  command->footer(R"(
docs/sweeps.md describes sweep files and tables.

Examples:
  vitsim sweep configs/sweeps/pe_sram.yaml -o pe_sram.sqlite
  vitsim sweep configs/sweeps/pe_sram.yaml -o pe_sram.sqlite --resume
  vitsim sweep configs/sweeps/pe_sram.yaml --list
  vitsim sweep configs/sweeps/pe_sram.yaml -o pe_sram.sqlite --launcher slurm --slurm time=60 --wait

Points that fail are rows with a message, and the sweep goes on.
Exit codes: 0 all points are simulated, those that failed included; 1 a check failed; 2 usage or
sweep file; 3 the results are another program's; 4 no point could be simulated; 5 the results cannot
be written; 130 interrupted: --resume goes on.)");
}

}  // namespace vitsim::cli
