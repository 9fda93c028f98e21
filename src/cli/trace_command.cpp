// SPDX-License-Identifier: Apache-2.0
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "trace_commands.h"

namespace vitsim::cli {

void add_trace_command(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("trace", "Records runs, and holds later ones to what was recorded");
  add_trace_record(*command, context);
  add_trace_check(*command, context);
  add_trace_diff(*command, context);
  command->footer(R"(
Examples:
  vitsim trace record -c configs/vitality.yaml -m models/shapes10_vit_taylor.yaml \
                      -i models/data/shapes10_test200.bin:0 -o golden.vtrc
  vitsim trace check golden.vtrc
  vitsim trace diff before.vtrc after.vtrc)");
}

}  // namespace vitsim::cli
