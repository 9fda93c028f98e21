// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "vitsim/core/units.h"
#include "vitsim/hw/byte_store.h"

namespace vitsim::hw {

/// The bytes of a DRAM: its own, and constants that lie with somebody else, so that a network's
/// weights are in the host's memory once.
class DramContent {
 public:
  explicit DramContent(Bytes size) : own_(size) {}

  [[nodiscard]] bool contains(Bytes address, Bytes size) const {
    return own_.contains(address, size);
  }
  /// `constant`, which outlives this object and overlaps no other, counts as written at `address`.
  void share(Bytes address, std::span<const std::byte> constant);
  /// The first address in [address, address + count) that belongs to a constant, or -1.
  [[nodiscard]] Bytes first_shared(Bytes address, Bytes count) const;

  /// Only where nothing is shared.
  void write(Bytes address, std::span<const std::byte> data);
  /// Copies what is at `address`, written or not, own or shared.
  void read(Bytes address, std::span<std::byte> out) const;
  /// The first unwritten address in [address, address + count), or -1.
  [[nodiscard]] Bytes first_unwritten(Bytes address, Bytes count) const {
    return own_.first_unwritten(address, count);
  }
  /// Counts the bytes as unwritten again; only where nothing is shared.
  void forget(Bytes address, Bytes count);

 private:
  struct Shared {
    Bytes address;
    std::span<const std::byte> bytes;
    [[nodiscard]] Bytes end() const { return address + static_cast<Bytes>(bytes.size()); }
  };
  /// The first constant that ends behind `address`.
  [[nodiscard]] std::size_t next_shared(Bytes address) const;

  ByteStore own_;
  std::vector<Shared> shared_;    ///< by address
  mutable std::size_t last_ = 0;  ///< what next_shared() found last: accesses stay in a tensor
};

}  // namespace vitsim::hw
