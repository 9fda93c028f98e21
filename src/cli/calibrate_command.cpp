// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/interrupt.h"
#include "vitsim/model/dataset.h"
#include "vitsim/reference/calibration.h"

#include "commands.h"
#include "inputs.h"
#include "output.h"
#include "progress.h"
#include "usage.h"

namespace vitsim::cli {
namespace {

struct Options {
  Inputs inputs;
  std::string attention;
  std::string output;
  bool quiet = false;
};

void check_options(const Options& options) {
  require(options.inputs.model, "calibrate", "-m FILE",
          "the network, such as models/shapes10_vit.yaml");
  require(options.inputs.input, "calibrate", "-i FILE",
          "images like those that the network will see, a hundred or so");
  require(options.output, "calibrate", "-o FILE", "the scales file to write");
  for (const std::string& setting : options.inputs.overrides) {
    if (!setting.starts_with("model.")) {
      throw ConfigError(
          fmt::format("calibrate: --set {}: got a key of the machine, expected one of the model "
                      "(model.KEY=VALUE): scales do not depend on the machine",
                      setting));
    }
  }
}

/// The weights file; random weights have fixed scales.
std::string weights_file(const Options& options, const config::Model& model) {
  std::string weights = weights_of(options.inputs, model);
  if (weights.empty() || is_random(weights)) {
    throw ModelError(
        fmt::format("model '{}': got {} as weights, expected a safetensors file (-w): random "
                    "weights use fixed scales",
                    model.name, weights.empty() ? "nothing" : weights));
  }
  return weights;
}

std::vector<std::string> attention_names() {
  std::vector<std::string> names;
  names.reserve(config::kAttentionNames.size());
  for (const auto& entry : config::kAttentionNames) {
    names.emplace_back(entry.name);
  }
  return names;
}

/// The one that was asked for, else the one that the weights were trained for.
config::Attention attention_of(const Options& options, const config::Model& model) {
  for (const auto& [name, attention] : config::kAttentionNames) {
    if (name == options.attention) {
      return attention;
    }
  }
  return model.attention.value_or(config::Attention::kSoftmax);
}

reference::Ranges calibrate(const Options& options, const config::Model& model,
                            config::Attention attention) {
  const reference::Weights weights = reference::load_weights(weights_file(options, model), model);
  const auto images = model::load_images(options.inputs.input, model);
  reference::Calibration calibration(attention);
  const reference::Observer observer = calibration.observer();
  Progress progress(options.quiet, "images");
  for (std::size_t i = 0; i < images.size(); ++i) {
    check_interrupt();
    progress.show(static_cast<double>(i), images.size());
    reference::run_network(model, weights, attention, images[i].patches.view(), observer);
  }
  return calibration.ranges();
}

/// The smallest and the largest range of each kind of tensor over all blocks.
std::string range_table(const reference::Ranges& ranges) {
  struct Extent {
    double smallest;
    double largest;
  };
  std::map<std::string, Extent> kinds;
  for (const auto& [name, range] : ranges.values) {
    const std::size_t dot = name.starts_with("blocks.") ? name.find('.', 7) : std::string::npos;
    const std::string kind = dot == std::string::npos ? name : "blocks.*" + name.substr(dot);
    Extent& extent = kinds.try_emplace(kind, Extent{range, range}).first->second;
    extent = {std::min(extent.smallest, range), std::max(extent.largest, range)};
  }
  std::string table = fmt::format("{:<24} {:>10} {:>10}\n", "tensor", "smallest", "largest");
  for (const auto& [kind, extent] : kinds) {
    table += fmt::format("{:<24} {:>10.4g} {:>10.4g}\n", kind, extent.smallest, extent.largest);
  }
  return table;
}

ExitCode run(const Options& options) {
  check_options(options);
  const config::Model model = load_model(options.inputs);
  check_can_write(options.output);
  const config::Attention attention = attention_of(options, model);
  const reference::Ranges ranges = calibrate(options, model, attention);
  reference::save_ranges(options.output, ranges, model, attention);
  if (!options.quiet) {
    print(range_table(ranges) + fmt::format("written to {}\n", options.output));
  }
  return ExitCode::kDone;
}

}  // namespace

void add_calibrate_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("calibrate", "Measures activation scales with the float network");
  add_model_option(*command, options->inputs);
  add_weights_option(*command, options->inputs);
  add_input_option(*command, options->inputs, "images like those that the network will see");
  add_set_option(*command, options->inputs);
  command
      ->add_option("--attention", options->attention,
                   "the attention that will run; by default the model's, else softmax")
      ->check(CLI::IsMember(attention_names()));
  command->add_option("-o,--output", options->output, "the scales file to write")
      ->type_name("SCALES");
  command->add_flag("--quiet", options->quiet, "prints nothing but errors");
  command->footer(R"(
Example:
  vitsim calibrate -m models/shapes10_vit.yaml -i calibration.bin:0-127 -o my.scales.json
  vitsim run -c configs/softmax_64x64.yaml -m models/shapes10_vit.yaml \
             --set model.scales=my.scales.json -i models/data/shapes10_test200.bin:0-9)");
  command->callback([options, &context] { context.action = [options] { return run(*options); }; });
}

}  // namespace vitsim::cli
