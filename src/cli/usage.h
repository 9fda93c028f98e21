// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <CLI/App.hpp>

namespace vitsim::cli {

/// What is wrong with the command line, as one message: the word that was not understood, what may
/// have been meant, which help to read.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error);

/// The message where no command was given.
std::string missing_command(const CLI::App& app);

/// ConfigError where an option that a command cannot do without was not given: "-c FILE" and what
/// the file is.
void require(const std::string& value, const std::string& command, const std::string& option,
             const std::string& what);

}  // namespace vitsim::cli
