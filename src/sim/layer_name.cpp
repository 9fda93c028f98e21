// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/layer_name.h"

#include <string_view>

namespace vitsim::sim {

std::string block_of(const std::string& layer) {
  constexpr std::string_view kBlocks = "blocks.";
  const auto dot = layer.find('.', kBlocks.size());
  return layer.starts_with(kBlocks) && dot != std::string::npos ? layer.substr(0, dot) : "";
}

std::string kind_of(const std::string& layer) {
  const std::string block = block_of(layer);
  return block.empty() ? layer : layer.substr(block.size() + 1);
}

bool is_attention(const std::string& layer) {
  const std::string kind = kind_of(layer);
  return kind.starts_with("attn.") && kind != "attn.qkv" && kind != "attn.proj";
}

}  // namespace vitsim::sim
