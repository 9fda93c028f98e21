// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "vitsim/hw/signals.h"

namespace vitsim::hw {

/// One flag register a PE, in rows that shift to the right.
class BitPlane {
 public:
  BitPlane(std::int64_t rows, std::int64_t cols)
      : words_(static_cast<std::size_t>((cols + 63) / 64)),
        cols_(cols),
        bits_(static_cast<std::size_t>(rows) * words_) {}

  [[nodiscard]] bool test(std::int64_t row, std::int64_t col) const {
    return ((bits_[index(row, col)] >> (col % 64)) & 1) != 0;
  }
  void set(std::int64_t row, std::int64_t col) {
    bits_[index(row, col)] |= std::uint64_t{1} << (col % 64);
  }
  /// Every flag moves one PE to the right; the first column is clear.
  void shift_right() {
    for (std::size_t row = 0; row < bits_.size(); row += words_) {
      for (std::size_t word = words_; word-- > 0;) {
        const std::uint64_t carry = word > 0 ? bits_[row + word - 1] >> 63 : 0;
        bits_[row + word] = (bits_[row + word] << 1) | carry;
      }
    }
  }
  /// Calls `visit(col)` for each flag that is set in a row.
  template <class Visitor>
  void for_each(std::int64_t row, const Visitor& visit) const {
    for (std::size_t word = 0; word < words_; ++word) {
      const std::size_t at = static_cast<std::size_t>(row) * words_ + word;
      for (std::uint64_t left = bits_[at]; left != 0; left &= left - 1) {
        const std::int64_t col = static_cast<std::int64_t>(word) * 64 + std::countr_zero(left);
        if (col < cols_) {
          visit(col);
        }
      }
    }
  }
  /// The flags as registers `prefix`.pe_ROW_COL.`name`.
  void add_signals(Signals& signals, const std::string& prefix, const std::string& name) const {
    const auto rows = static_cast<std::int64_t>(bits_.size() / words_);
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t col = 0; col < cols_; ++col) {
        signals.add(Signals::register_name(prefix, row, col, name), 1,
                    [this, row, col] { return test(row, col) ? 1 : 0; });
      }
    }
  }
  void clear() { bits_.assign(bits_.size(), 0); }

 private:
  [[nodiscard]] std::size_t index(std::int64_t row, std::int64_t col) const {
    return static_cast<std::size_t>(row) * words_ + static_cast<std::size_t>(col / 64);
  }

  std::size_t words_;
  std::int64_t cols_;
  std::vector<std::uint64_t> bits_;
};

}  // namespace vitsim::hw
