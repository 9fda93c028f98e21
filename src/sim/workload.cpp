// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/workload.h"

#include <charconv>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/model/quantize.h"
#include "vitsim/model/vit_graph.h"

namespace vitsim::sim {
namespace {

constexpr std::string_view kRandomPrefix = "random:";

std::uint64_t seed_of(const std::string& weights) {
  const std::string digits = weights.substr(kRandomPrefix.size());
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw ModelError(
        fmt::format("-w {}: expected random:SEED with SEED an integer in [0, 2^64)", weights));
  }
  return seed;
}

}  // namespace

Network load_network(const config::Model& model, const std::string& weights,
                     config::Attention attention) {
  const std::string source = weights.empty() ? model.weights : weights;
  if (source.starts_with(kRandomPrefix)) {
    const std::uint64_t seed = seed_of(source);
    return {reference::random_weights(seed, model), reference::fixed_ranges(model, attention),
            seed};
  }
  if (source.empty()) {
    throw ModelError(fmt::format(
        "model '{}' names no weights: give a safetensors file or random:SEED with -w", model.name));
  }
  if (model.scales.empty()) {
    throw ModelError(fmt::format(
        "model '{}' names no scales: make them with `vitsim calibrate` and name the file with "
        "--set model.scales=FILE",
        model.name));
  }
  return {reference::load_weights(source, model),
          reference::load_ranges(model.scales, model, attention),
          {}};
}

LoadedWorkload load(const Workload& workload) {
  const config::Model& model = workload.model;
  LoadedWorkload loaded;
  loaded.network =
      load_network(model, workload.weights, model::attention_of(workload.config, model));
  loaded.images = model::load_images(
      workload.input.empty() && loaded.network.seed ? "random:1" : workload.input, model);
  loaded.graph =
      model::build_vit_graph(workload.config, model, loaded.network.weights, loaded.network.ranges);
  return loaded;
}

IntMatrix quantized_input(const model::Image& image, const model::Graph& graph,
                          const config::Precision& precision) {
  const model::Tensor& input = graph.tensors[static_cast<std::size_t>(graph.input)];
  return model::quantize(image.patches.view(), input.scales.front(), precision.activation_bits);
}

}  // namespace vitsim::sim
