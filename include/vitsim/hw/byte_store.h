// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "vitsim/core/units.h"

namespace vitsim::hw {

/// The bytes of a memory, and which of them were ever written.
class ByteStore {
 public:
  explicit ByteStore(Bytes size)
      : bytes_(static_cast<std::size_t>(size)), written_(static_cast<std::size_t>(size)) {}

  [[nodiscard]] Bytes size() const { return static_cast<Bytes>(bytes_.size()); }
  [[nodiscard]] bool contains(Bytes address, Bytes size_of_access) const {
    return address >= 0 && size_of_access >= 0 && address <= size() - size_of_access;
  }

  void write(Bytes address, std::span<const std::byte> data) {
    std::memcpy(bytes_.data() + address, data.data(), data.size());
    std::memset(written_.data() + address, 1, data.size());
  }
  /// The bytes at `address`, whether written or not.
  [[nodiscard]] std::span<const std::byte> read(Bytes address, Bytes count) const {
    return std::span(bytes_).subspan(static_cast<std::size_t>(address),
                                     static_cast<std::size_t>(count));
  }
  /// The first unwritten address in [address, address + count), or -1.
  [[nodiscard]] Bytes first_unwritten(Bytes address, Bytes count) const {
    const void* hole = std::memchr(written_.data() + address, 0, static_cast<std::size_t>(count));
    return hole == nullptr ? -1 : static_cast<const std::uint8_t*>(hole) - written_.data();
  }
  /// Counts the bytes as unwritten again.
  void forget(Bytes address, Bytes count) {
    std::memset(written_.data() + address, 0, static_cast<std::size_t>(count));
  }

 private:
  std::vector<std::byte> bytes_;
  std::vector<std::uint8_t> written_;
};

}  // namespace vitsim::hw
