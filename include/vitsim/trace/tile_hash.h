// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace vitsim::trace {

/// Hash of the values of a tile: the same whatever order they come in and however many at once.
/// Rows and columns count from the tile's first.
class TileHash {
 public:
  explicit TileHash(std::int64_t rows) : rows_(static_cast<std::size_t>(rows)) {}

  void add(std::int64_t row, std::int64_t col, std::int16_t value) {
    rows_[static_cast<std::size_t>(row)] +=
        mixed(static_cast<std::uint64_t>(col) << 16U | static_cast<std::uint16_t>(value));
  }
  /// Values of one row, side by side from `col` on.
  void add(std::int64_t row, std::int64_t col, std::span<const std::int16_t> values) {
    std::uint64_t sum = 0;
    for (const std::int16_t value : values) {
      sum += mixed(static_cast<std::uint64_t>(col++) << 16U | static_cast<std::uint16_t>(value));
    }
    rows_[static_cast<std::size_t>(row)] += sum;
  }

  [[nodiscard]] std::uint64_t value() const;
  /// Eight bits of each row.
  [[nodiscard]] std::vector<std::uint8_t> rows() const;

 private:
  /// A bijection of 64 bits, the finalizer of MurmurHash3 (Appleby): each bit that is changed
  /// changes any other with a probability of one half.
  static std::uint64_t mixed(std::uint64_t bits) {
    bits ^= bits >> 33U;
    bits *= 0xFF51AFD7ED558CCDU;
    bits ^= bits >> 33U;
    bits *= 0xC4CEB9FE1A85EC53U;
    return bits ^ bits >> 33U;
  }

  std::vector<std::uint64_t> rows_;  ///< of each row the sum of its values, mixed
};

}  // namespace vitsim::trace
