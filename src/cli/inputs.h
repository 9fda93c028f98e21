// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "vitsim/config/accelerator.h"
#include "vitsim/config/model.h"

namespace vitsim::cli {

/// What several commands are given, as the user typed it.
struct Inputs {
  std::string config;
  std::string model;
  std::string weights;
  std::string input;
  std::vector<std::string> overrides;
};

/// `-c`, `-m`, `-w`, `-i`, `--set`: each command takes those that it needs.
void add_config_option(CLI::App& command, Inputs& inputs);
void add_model_option(CLI::App& command, Inputs& inputs);
void add_weights_option(CLI::App& command, Inputs& inputs);
void add_input_option(CLI::App& command, Inputs& inputs, const std::string& meaning);
void add_set_option(CLI::App& command, Inputs& inputs);

/// Configuration and model with all overrides; `--set attention=...` wins over the model's.
/// ConfigError, ModelError.
config::Config load_config(const Inputs& inputs);
config::Model load_model(const Inputs& inputs);

/// What `-w` says, or the model's own weights; empty where there are none.
std::string weights_of(const Inputs& inputs, const config::Model& model);
bool is_random(const std::string& weights);

}  // namespace vitsim::cli
