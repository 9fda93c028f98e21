// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// What writer and reader of trace files agree on. Numbers are little-endian.
///
///   magic, version (4 bytes)
///   blocks, of the header and then of events: compressed bytes (4, not 0), bytes (4), a zstd frame
///   0 (4), count of events (8), XXH3 of all bytes before (8)
namespace vitsim::trace {

/// Not text: a transfer that changes line ends is seen at once.
inline constexpr std::string_view kMagic{"VTRC\r\n\x1A\n", 8};
/// Events of a block: it is closed when it has so many bytes, and an event has fewer than the rest.
inline constexpr std::size_t kBlockBytes = std::size_t{256} << 10;
inline constexpr std::size_t kMostBlockBytes = std::size_t{4} << 20;
inline constexpr int kSizeBytes = 4;
inline constexpr int kWordBytes = 8;

inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    text += static_cast<char>(value & 0xFFU);
    value >>= 8U;
  }
  return text;
}

inline std::uint64_t from_little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = value << 8U | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

}  // namespace vitsim::trace
