// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// What the name of a layer says: `blocks.7.attn.qkv`.
namespace vitsim::sim {

/// The encoder block: `blocks.7`. Empty for layers outside the blocks.
std::string block_of(const std::string& layer);

/// The name without its block: `attn.qkv`.
std::string kind_of(const std::string& layer);

/// Whether it is of attention alone, which takes Q, K and V and gives the context: neither the
/// projections to the one nor that of the other.
bool is_attention(const std::string& layer);

}  // namespace vitsim::sim
