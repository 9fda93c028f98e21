// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vitsim/kernels/layer_norm.h"
#include "vitsim/kernels/post_process.h"

/// How numbers lie in the machine's memory: little-endian, two's complement; integers of up to
/// 8 bits take a byte, of up to 16 bits two.
namespace vitsim::model {

/// Bytes of one column's entry in a parameter table, for both kinds of table.
inline constexpr int kChannelParamsBytes = 12;
inline constexpr int kLayerNormParamsBytes = 12;

/// `bytes` has values.size() * element_bytes bytes.
void encode(std::span<const std::int16_t> values, int element_bytes, std::span<std::byte> bytes);
void decode(std::span<const std::byte> bytes, int element_bytes, std::span<std::int16_t> values);

std::vector<std::byte> encode_params(std::span<const kernels::ChannelParams> params);
void decode_params(std::span<const std::byte> bytes, std::vector<kernels::ChannelParams>& params);
std::vector<std::byte> encode_params(std::span<const kernels::LayerNormParams> params);
void decode_params(std::span<const std::byte> bytes, std::vector<kernels::LayerNormParams>& params);

}  // namespace vitsim::model
