// SPDX-License-Identifier: Apache-2.0
#include "inputs.h"

#include <algorithm>

#include "vitsim/config/load.h"

namespace vitsim::cli {

void add_config_option(CLI::App& command, Inputs& inputs) {
  command.add_option("-c,--config", inputs.config, "the machine: a file of configs/")
      ->type_name("FILE");
}

void add_model_option(CLI::App& command, Inputs& inputs) {
  command.add_option("-m,--model", inputs.model, "the network: a file of models/")
      ->type_name("FILE");
}

void add_weights_option(CLI::App& command, Inputs& inputs) {
  command
      .add_option("-w,--weights", inputs.weights,
                  "safetensors file, or random:SEED; default: the model's")
      ->type_name("FILE");
}

void add_input_option(CLI::App& command, Inputs& inputs, const std::string& meaning) {
  command.add_option("-i,--input", inputs.input, meaning)->type_name("FILE[:A[-B]]");
}

void add_set_option(CLI::App& command, Inputs& inputs) {
  command
      .add_option("--set", inputs.overrides,
                  "overrides a key of the configuration or model.KEY; again for more")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

config::Config load_config(const Inputs& inputs) {
  return config::load_config(inputs.config, inputs.overrides);
}

config::Model load_model(const Inputs& inputs) {
  config::Model model = config::load_model(inputs.model, inputs.overrides);
  if (std::ranges::any_of(inputs.overrides, [](const std::string& override_text) {
        return override_text.starts_with("attention=");
      })) {
    model.attention.reset();
  }
  return model;
}

std::string weights_of(const Inputs& inputs, const config::Model& model) {
  return inputs.weights.empty() ? model.weights : inputs.weights;
}

bool is_random(const std::string& weights) { return weights.starts_with("random:"); }

}  // namespace vitsim::cli
