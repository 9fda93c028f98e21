// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/config/describe.h"

#include "commands.h"
#include "inputs.h"
#include "output.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

ExitCode show(const Inputs& inputs) {
  require(inputs.config, "config show", "CONFIG", "a file of configs/");
  print(config::to_yaml(load_config(inputs)));
  return ExitCode::kDone;
}

ExitCode check(const Inputs& inputs) {
  require(inputs.config, "config check", "CONFIG", "a file of configs/");
  static_cast<void>(load_config(inputs));
  print(fmt::format("{}: valid\n", inputs.config));
  return ExitCode::kDone;
}

ExitCode schema(const Inputs&) {
  print(config::json_schema().dump(2) + "\n");
  return ExitCode::kDone;
}

CLI::App* add_action(CLI::App& parent, Context& context, const std::shared_ptr<Inputs>& inputs,
                     const char* name, const char* meaning, ExitCode (*action)(const Inputs&)) {
  CLI::App* command = parent.add_subcommand(name, meaning);
  command->add_option("CONFIG", inputs->config, "a file of configs/")->type_name("FILE");
  command->callback([inputs, &context, action] {
    context.action = [inputs, action] { return action(*inputs); };
  });
  return command;
}

}  // namespace

void add_config_command(CLI::App& app, Context& context) {
  auto inputs = std::make_shared<Inputs>();
  CLI::App* command = app.add_subcommand("config", "Shows, checks and describes configurations");
  add_set_option(*add_action(*command, context, inputs, "show",
                             "prints every value that is in force, each with its meaning", show),
                 *inputs);
  add_set_option(*add_action(*command, context, inputs, "check", "says what is wrong", check),
                 *inputs);
  add_action(*command, context, inputs, "schema", "prints the JSON Schema, for editors", schema);
  command->footer(R"(
Examples:
  vitsim config show configs/softmax_64x64.yaml --set accelerator.pe_array.rows=32
  vitsim config check my_machine.yaml
  vitsim config schema > vitsim.schema.json)");
}

}  // namespace vitsim::cli
