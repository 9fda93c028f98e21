// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/encoding.h"

#include <bit>
#include <cassert>
#include <cstring>

namespace vitsim::model {
namespace {

static_assert(std::endian::native == std::endian::little,
              "memory images are little-endian and copied as they are");

template <class T>
void put(std::byte*& at, T value) {
  std::memcpy(at, &value, sizeof value);
  at += sizeof value;
}

template <class T>
T take(const std::byte*& at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

}  // namespace

void encode(std::span<const std::int16_t> values, int element_bytes, std::span<std::byte> bytes) {
  assert(bytes.size() == values.size() * static_cast<std::size_t>(element_bytes));
  if (element_bytes == 2) {
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    bytes[i] = static_cast<std::byte>(values[i]);
  }
}

void decode(std::span<const std::byte> bytes, int element_bytes, std::span<std::int16_t> values) {
  assert(bytes.size() == values.size() * static_cast<std::size_t>(element_bytes));
  if (element_bytes == 2) {
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<std::int8_t>(bytes[i]);  // NOLINT(bugprone-signed-char-misuse): signed
  }
}

std::vector<std::byte> encode_params(std::span<const kernels::ChannelParams> params) {
  std::vector<std::byte> bytes(params.size() * kChannelParamsBytes);
  std::byte* at = bytes.data();
  for (const auto& channel : params) {
    put(at, channel.bias);
    put(at, channel.rescale.multiplier);
    put(at, channel.rescale.shift);
  }
  return bytes;
}

void decode_params(std::span<const std::byte> bytes, std::vector<kernels::ChannelParams>& params) {
  params.resize(bytes.size() / kChannelParamsBytes);
  const std::byte* at = bytes.data();
  for (auto& channel : params) {
    channel.bias = take<std::int32_t>(at);
    channel.rescale.multiplier = take<std::int32_t>(at);
    channel.rescale.shift = take<std::int32_t>(at);
  }
}

std::vector<std::byte> encode_params(std::span<const kernels::LayerNormParams> params) {
  std::vector<std::byte> bytes(params.size() * kLayerNormParamsBytes);
  std::byte* at = bytes.data();
  for (const auto& feature : params) {
    put(at, feature.gain);
    put(at, feature.offset);
  }
  return bytes;
}

void decode_params(std::span<const std::byte> bytes,
                   std::vector<kernels::LayerNormParams>& params) {
  params.resize(bytes.size() / kLayerNormParamsBytes);
  const std::byte* at = bytes.data();
  for (auto& feature : params) {
    feature.gain = take<std::int32_t>(at);
    feature.offset = take<std::int64_t>(at);
  }
}

}  // namespace vitsim::model
