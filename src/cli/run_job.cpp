// SPDX-License-Identifier: Apache-2.0
#include "run_job.h"

#include "usage.h"

namespace vitsim::cli {
namespace {

/// The images that a run takes where the user names none.
std::string input_of(const Inputs& inputs, const std::string& weights, const std::string& command) {
  if (inputs.input.empty() && !weights.empty()) {
    require(is_random(weights) ? "random:1" : "", command, "-i FILE",
            "with trained weights it names the images, or random:SEED");
    return "random:1";
  }
  return inputs.input;
}

}  // namespace

void add_check_option(CLI::App& command, std::string& check, const std::string& meaning) {
  command.add_option("--check", check, meaning)
      ->check(CLI::IsMember({"exact", "none"}))
      ->capture_default_str();
}

sim::Check check_of(const std::string& check) {
  return check == "exact" ? sim::Check::kExact : sim::Check::kNone;
}

void default_to_random_weights(Inputs& inputs) {
  if (inputs.weights.empty() && !inputs.model.empty() && load_model(inputs).weights.empty()) {
    inputs.weights = "random:1";
  }
}

RunJob load_run_job(const Inputs& inputs, const std::string& check, const std::string& command) {
  require(inputs.model, command, "-m FILE", "the network, such as models/shapes10_vit.yaml");
  RunJob job;
  job.options.config = load_config(inputs);
  job.options.model = load_model(inputs);
  job.options.weights = weights_of(inputs, job.options.model);
  job.options.input = input_of(inputs, job.options.weights, command);
  job.options.check = check_of(check);
  job.files = {inputs.config, inputs.model, job.options.weights, job.options.input};
  return job;
}

}  // namespace vitsim::cli
