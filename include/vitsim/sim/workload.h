// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/config/model.h"
#include "vitsim/core/matrix.h"
#include "vitsim/model/dataset.h"
#include "vitsim/model/graph.h"
#include "vitsim/reference/calibration.h"
#include "vitsim/reference/weights.h"

namespace vitsim::sim {

/// Weights, and the scales that belong to them.
struct Network {
  reference::Weights weights;
  reference::Ranges ranges;
  std::optional<std::uint64_t> seed;  ///< where they are random
};

/// Loads what `-w` names: a safetensors file, `random:SEED`, or, where it is empty, the file of the
/// model. A file comes with the scales of the model's `scales` key, which must be of the same
/// attention; random weights with fixed ones. ModelError.
Network load_network(const config::Model& model, const std::string& weights,
                     config::Attention attention);

/// A network on a machine, and the images that it is to see.
struct Workload {
  config::Config config;
  config::Model model;
  std::string weights;  ///< as `-w`
  std::string input;    ///< as `-i`; empty: random:1 with random weights
};

/// The files that a run was asked for, as the user named them.
struct RunFiles {
  std::string config;
  std::string model;
  std::string weights;
  std::string input;
};

/// What its files hold, and the graph of it, which refers to nothing else.
struct LoadedWorkload {
  Network network;
  std::vector<model::Image> images;
  model::Graph graph;
};

/// ConfigError, ModelError.
LoadedWorkload load(const Workload& workload);

/// An image as the machine gets it: [patches x patch_dim].
IntMatrix quantized_input(const model::Image& image, const model::Graph& graph,
                          const config::Precision& precision);

}  // namespace vitsim::sim
