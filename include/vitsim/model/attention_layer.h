// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "vitsim/config/accelerator.h"
#include "vitsim/model/graph.h"

namespace vitsim::model {

/// An attention without a network around it.
struct AttentionShape {
  std::int64_t tokens = 197;
  int heads = 3;
  std::int64_t head_dim = 64;
  friend bool operator==(const AttentionShape&, const AttentionShape&) = default;
};

/// The operators of one attention; the input is Q, K and V of all heads side by side
/// ([tokens x 3 heads head_dim], `qkv`), the result is their context, with the fixed scales of
/// random weights. Layers are named as in the first block of a network. ConfigError where the
/// machine lacks a unit.
Graph build_attention_graph(const config::Config& config, const AttentionShape& shape,
                            config::Attention attention);

}  // namespace vitsim::model
