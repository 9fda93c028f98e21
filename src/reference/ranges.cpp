// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/reference/calibration.h"

namespace vitsim::reference {
namespace {

/// A kind of tensor and its range under random weights: what random DeiT models of three widths
/// reach on random images, rounded, so that nothing saturates but a few outliers.
struct Kind {
  std::string_view name;
  double fixed_range;
};

/// The ranges of a block, as `blocks.i` + name.
constexpr std::array kBlockKinds{
    Kind{".norm1", 5}, Kind{".attn.q", 5},  Kind{".attn.k", 5},   Kind{".attn.v", 5},
    Kind{".norm2", 5}, Kind{".mlp.fc1", 5}, Kind{".mlp.gelu", 5},
};

/// The ranges of the whole network.
constexpr std::array kNetworkKinds{Kind{"patches", 5}, Kind{"norm", 4}, Kind{"logits", 5}};

/// Further ranges of a block. G is a sum over tokens; tokens resemble each other the more the
/// deeper they are in a random network, so it grows faster than sqrt(tokens). The released code's
/// attention is not normalized: its results are larger the more tokens there are.
std::vector<Kind> attention_kinds(config::Attention attention, double tokens) {
  switch (attention) {
    case config::Attention::kSoftmax:
      return {{".attn.scores", 6}, {".attn.context", 3}};
    case config::Attention::kTaylor:
      // 2 tokens^(3/4), by roots, which are the same on every machine
      return {{".attn.g", std::ceil(2 * std::sqrt(tokens * std::sqrt(tokens)))},
              {".attn.context", 3}};
    case config::Attention::kTaylorReleased:
      return {{".attn.scores", 6},   {".attn.g", 2.5 * tokens}, {".attn.context", 2.5 * tokens},
              {".attn.q_lowest", 5}, {".attn.q_highest", 5},    {".attn.k_lowest", 5},
              {".attn.k_highest", 5}};
  }
  return {};
}

double residual_range(config::Attention attention, double tokens) {
  return attention == config::Attention::kTaylorReleased ? 5 * tokens : 32;
}

}  // namespace

double Ranges::at(std::string_view name) const {
  const auto range = values.find(name);
  if (range == values.end()) {
    throw ModelError(fmt::format("scales: got no range of tensor '{}', expected one", name));
  }
  return range->second;
}

std::vector<std::string> range_names(const config::Model& model, config::Attention attention) {
  std::vector<std::string> names;
  for (const auto& [name, range] : fixed_ranges(model, attention).values) {
    names.push_back(name);
  }
  return names;
}

Ranges fixed_ranges(const config::Model& model, config::Attention attention) {
  const auto tokens = static_cast<double>(model.tokens());
  Ranges ranges{{{"residual", residual_range(attention, tokens)}}};
  for (const Kind& kind : kNetworkKinds) {
    ranges.values.emplace(kind.name, kind.fixed_range);
  }
  std::vector<Kind> block_kinds = attention_kinds(attention, tokens);
  block_kinds.insert(block_kinds.end(), kBlockKinds.begin(), kBlockKinds.end());
  for (int i = 0; i < model.depth; ++i) {
    for (const Kind& kind : block_kinds) {
      ranges.values.emplace(fmt::format("blocks.{}{}", i, kind.name), kind.fixed_range);
    }
  }
  return ranges;
}

Ranges fixed_attention_ranges(const std::string& name, std::int64_t tokens,
                              config::Attention attention) {
  constexpr std::string_view kAttention = ".attn";
  Ranges ranges;
  const auto add = [&](const Kind& kind) {
    if (kind.name.starts_with(kAttention)) {
      ranges.values.emplace(fmt::format("{}{}", name, kind.name.substr(kAttention.size())),
                            kind.fixed_range);
    }
  };
  std::ranges::for_each(kBlockKinds, add);
  std::ranges::for_each(attention_kinds(attention, static_cast<double>(tokens)), add);
  return ranges;
}

}  // namespace vitsim::reference
