// SPDX-License-Identifier: Apache-2.0
#include "usage.h"

#include <vector>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

namespace vitsim::cli {
namespace {

/// The command that the user got to.
const CLI::App& innermost(const CLI::App& app) {
  const CLI::App* command = &app;
  for (auto chosen = command->get_subcommands(); !chosen.empty();
       chosen = command->get_subcommands()) {
    command = chosen.back();
  }
  return *command;
}

/// "vitsim config show"
std::string path_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : path_of(*parent) + " " + command.get_name();
}

/// What messages begin with: "config show: "; nothing for the program itself.
std::string prefix_of(const CLI::App& command) {
  const std::string path = path_of(command);
  const std::size_t space = path.find(' ');
  return space == std::string::npos ? "" : path.substr(space + 1) + ": ";
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

std::string unknown_word(const CLI::App& app, const CLI::App& command) {
  const std::vector<std::string> unknown = app.remaining(true);
  if (unknown.empty()) {
    return {};
  }
  const std::string& word = unknown.front();
  const bool option = word.starts_with("-");
  const bool subcommand = !option && !command_names(command).empty();
  const std::string meant = nearest(word, option ? option_names(command) : command_names(command));
  return fmt::format("{} '{}'{}",
                     option       ? "unknown option"
                     : subcommand ? "unknown command"
                                  : "unexpected argument",
                     printable(word),
                     meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant));
}

}  // namespace

std::string usage_message(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = innermost(app);
  const std::string unknown = unknown_word(app, command);
  const std::string path = path_of(command);
  return fmt::format("{}{} (`{} --help` lists what there is)", prefix_of(command),
                     unknown.empty() ? error.what() : unknown, path);
}

std::string missing_command(const CLI::App& app) {
  const CLI::App& command = innermost(app);
  return fmt::format("{}got no command, expected one of {} (`{} --help` says what they do)",
                     prefix_of(command), fmt::join(command_names(command), ", "), path_of(command));
}

void require(const std::string& value, const std::string& command, const std::string& option,
             const std::string& what) {
  if (value.empty()) {
    throw ConfigError(fmt::format("{}: {} is missing: {} (`vitsim {} --help` has examples)",
                                  command, option, what, command));
  }
}

}  // namespace vitsim::cli
