// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "vitsim/config/partition_layout.h"
#include "vitsim/config/scratchpad.h"
#include "vitsim/core/units.h"

/// Where in the scratchpad a tensor may lie. config::partition_layout() says which addresses that
/// are.
namespace vitsim::mapping {

/// The partition, by its number, for tensors of this kind; 0 where all share the scratchpad.
constexpr std::size_t partition_of(const config::Scratchpad& scratchpad, config::TensorKind kind) {
  return scratchpad.partitions ? static_cast<std::size_t>(kind) : 0;
}
/// How many there are; 1 where all share the scratchpad.
constexpr std::size_t partition_count(const config::Scratchpad& scratchpad) {
  return scratchpad.partitions ? config::kTensorKinds : 1;
}

/// Bytes in each partition, or in the first alone where all share the scratchpad.
struct Room {
  std::array<Bytes, config::kTensorKinds> bytes{};

  Room() = default;
  /// So many in one partition.
  Room(Bytes count, std::size_t partition = 0) { bytes[partition] = count; }

  /// Whether each partition of `available` holds what is wanted of it here.
  [[nodiscard]] bool fits(const Room& available) const {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] > available.bytes[i]) {
        return false;
      }
    }
    return true;
  }
  [[nodiscard]] Bytes total() const {
    Bytes sum = 0;
    for (const Bytes count : bytes) {
      sum += count;
    }
    return sum;
  }
  Room& operator+=(const Room& other) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] += other.bytes[i];
    }
    return *this;
  }
  Room& operator-=(const Room& other) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] -= other.bytes[i];
    }
    return *this;
  }
  friend Room operator+(Room a, const Room& b) { return a += b; }
  friend Room operator-(Room a, const Room& b) { return a -= b; }
  friend bool operator==(const Room&, const Room&) = default;
};

/// All bytes of each partition.
Room capacity_of(const config::Scratchpad& scratchpad);

}  // namespace vitsim::mapping
