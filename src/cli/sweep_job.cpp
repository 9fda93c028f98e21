// SPDX-License-Identifier: Apache-2.0
#include "sweep_job.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/sim/estimate_report.h"

#include "run_job.h"

namespace vitsim::cli {
namespace {

/// What a point asks for, as the options of `vitsim run` would.
Inputs inputs_of(const sweep::Spec& spec, const sweep::Point& point) {
  Inputs inputs;
  for (std::size_t i = 0; i < point.values.size(); ++i) {
    const std::string& key = spec.parameters[i].key;
    const std::string value = sweep::text_of(point.values[i]);
    if (key == "config") {
      inputs.config = value;
    } else if (key == "model") {
      inputs.model = value;
    } else if (key == "weights") {
      inputs.weights = value;
    } else if (key == "input") {
      inputs.input = value;
    } else {
      inputs.overrides.push_back(fmt::format("{}={}", key, value));
    }
  }
  default_to_random_weights(inputs);
  return inputs;
}

RunJob load(const Inputs& inputs, const std::string& check) {
  if (inputs.input.empty() && !is_random(inputs.weights)) {
    throw ConfigError(
        "input: got nothing, expected images for trained weights, or `weights: random:1`");
  }
  return load_run_job(inputs, check, "sweep");
}

/// The numbers of an estimate, but those that a run need not have.
sweep::Figures estimate(const RunJob& job) {
  const config::Config& config = job.options.config;
  const sim::EstimateResult result = sim::estimate(config, job.options.model);
  sweep::Figures figures =
      sweep::figures_of(sim::estimate_json(result, job.files.config, job.files.model));
  if (config.mapping.strategy == config::MappingStrategy::kSearch) {
    // Which mapping is the best, simulations decide; no other has fewer cycles by the estimate.
    std::erase_if(figures.numbers, [](const sweep::Named& number) {
      return number.first.starts_with("totals.dram_");
    });
  }
  figures.layers.clear();
  return figures;
}

}  // namespace

sweep::Job sweep_job(const sweep::Spec& spec, const sweep::Point& point, sweep::PointHash& hash) {
  sweep::Job job;
  std::string text = hash.program();
  for (std::size_t i = 0; i < point.values.size(); ++i) {
    job.parameters.emplace_back(spec.parameters[i].key, point.values[i]);
    text += fmt::format("\n{}={}", spec.parameters[i].key, sweep::text_of(point.values[i]));
  }
  try {
    const auto run = std::make_shared<const RunJob>(load(inputs_of(spec, point), spec.check));
    const sim::RunOptions& options = run->options;
    if (std::ranges::find(job.parameters, "weights", &sweep::Named::first) ==
        job.parameters.end()) {
      job.parameters.emplace_back("weights", options.weights);
    }
    job.hash = hash.of(options.config, options.model, options.weights, options.input, spec.check);
    job.simulate = [run] {
      return sweep::figures_of(sim::report_json(sim::run(run->options), run->files));
    };
    job.estimate = [run] { return estimate(*run); };
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {
    job.hash = "refused: " + sweep::hash_of(text);
    job.problem = error.what();
  }
  return job;
}

}  // namespace vitsim::cli
