// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "vitsim/core/error.h"
#include "vitsim/model/vit_graph.h"
#include "vitsim/reference/weights.h"

namespace vitsim::test {

/// A machine that computes this attention.
inline config::Config taylor_machine(config::Attention attention) {
  config::Config config;
  config.attention = attention;
  config.accelerator.softmax_unit.emplace();
  config.accelerator.gelu_unit.emplace();
  config.accelerator.layer_norm_unit.emplace();
  config.accelerator.vector_unit.emplace();
  config.accelerator.taylor_pipeline.emplace();
  return config;
}

inline model::Graph build_graph(const config::Config& config, const config::Model& model) {
  return model::build_vit_graph(config, model, reference::random_weights(1, model),
                                reference::fixed_ranges(model, config.attention));
}

/// The message of the ConfigError that building ends with; empty where it ends well.
inline std::string build_error(const config::Config& config, const config::Model& model) {
  try {
    build_graph(config, model);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

inline const model::Op& op_of(const model::Graph& graph, const std::string& name) {
  const auto found =
      std::ranges::find_if(graph.ops, [&](const auto& op) { return op.name == name; });
  if (found == graph.ops.end()) {
    throw std::runtime_error("no operator " + name);
  }
  return *found;
}

inline const model::Tensor& tensor_of(const model::Graph& graph, const std::string& name) {
  const auto found =
      std::ranges::find_if(graph.tensors, [&](const auto& tensor) { return tensor.name == name; });
  if (found == graph.tensors.end()) {
    throw std::runtime_error("no tensor " + name);
  }
  return *found;
}

/// The operators of the first block's attention by the ends of their names,
/// and the operator that each begins after, counted from the first of them; -1 for none.
struct Listed {
  std::vector<std::string> names;
  std::vector<int> begins_after;
};

inline Listed attention_of_first_block(const model::Graph& graph) {
  Listed listed;
  const std::string prefix = "blocks.0.attn.";
  std::size_t first = 0;
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const model::Op& op = graph.ops[i];
    if (op.name == prefix + "qkv") {
      first = i + 1;
    } else if (first > 0 && op.name.starts_with(prefix) && op.name != prefix + "proj") {
      listed.names.push_back(op.name.substr(prefix.size()));
      listed.begins_after.push_back(
          op.begins_after == 0 ? -1 : static_cast<int>(op.begins_after) - static_cast<int>(first));
    }
  }
  return listed;
}

}  // namespace vitsim::test
