// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "vitsim/config/accelerator.h"
#include "vitsim/config/model.h"
#include "vitsim/mapping/estimate.h"
#include "vitsim/mapping/program.h"

/// What `vitsim estimate` prints.
namespace vitsim::sim {

struct EstimateResult {
  config::Config config;
  config::Model model;
  config::Attention attention = config::Attention::kSoftmax;
  std::vector<mapping::Layer> layers;
  mapping::Estimate estimate;
  double wall_seconds = 0;
};

/// Maps the model by its shapes alone and estimates the program. ConfigError where the machine
/// lacks a unit or room.
EstimateResult estimate(const config::Config& config, const config::Model& model);

/// What takes the most cycles of a run: a unit, `dram_bandwidth` or `scratchpad_bandwidth`; where
/// none is busy for two thirds of the time, `dependencies`: commands wait for each other.
struct Bound {
  std::string_view name;
  Cycles cycles = 0;
};
/// Every resource that is used, the busiest first.
std::vector<Bound> busiest(const mapping::Estimate& estimate);
std::string_view bound_by(const mapping::Estimate& estimate);

/// Schema "vitsim.estimate/1" (docs/reports.md).
nlohmann::ordered_json estimate_json(const EstimateResult& result, const std::string& config_file,
                                     const std::string& model_file);
/// For people. The layers of all encoder blocks are summed up by kind unless `all_layers`.
std::string estimate_text(const EstimateResult& result, const std::string& config_file,
                          bool all_layers);

}  // namespace vitsim::sim
