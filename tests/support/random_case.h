// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vitsim/config/accelerator.h"
#include "vitsim/config/model.h"
#include "vitsim/core/matrix.h"
#include "vitsim/core/random.h"
#include "vitsim/model/graph.h"
#include "vitsim/reference/calibration.h"

namespace vitsim::test {

/// A machine and a network that fit each other, drawn from a seed.
struct Case {
  std::uint64_t seed = 0;
  config::Config config;
  config::Model model;
  model::Graph graph;
};

/// Any machine and attention, odd sizes and narrow units included; the scratchpad is left to the
/// caller's network.
config::Config random_config(Random& random);
/// A ViT of 2 to 101 tokens, with heads of 1 to 48 features.
config::Model random_model(Random& random);
/// Ranges of one to a few units, whatever the values are: saturation is part of the arithmetic.
reference::Ranges random_ranges(Random& random, const config::Model& model,
                                config::Attention attention);
/// Integers of the network's input over their whole width.
IntMatrix random_input(Random& random, const model::Graph& graph);

/// The whole case, its scratchpad from the smallest that works to one that holds everything. Drawn
/// again until it takes some ten thousand cycles at most. `attention`: this one instead of any.
Case random_case(std::uint64_t seed, std::optional<config::Attention> attention = {});

/// The case in a line or two, to go with a failure.
std::string describe(const Case& drawn);

/// The smallest scratchpad, in KiB, that holds a tile of each operand of every operator: told by
/// the shapes alone, without the mapper.
int least_kib(const model::Graph& graph, const config::Accelerator& machine);

}  // namespace vitsim::test
