// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "vitsim/config/dram_device.h"
#include "vitsim/timing/clock_ratio.h"

namespace vitsim::hw {

using timing::Edge;

/// The banks of one channel: which rows are open, and at which edge each command may come, given
/// those before. Who calls keeps to it. Not modelled: ranks, power-down, commands that take more
/// than one edge of the command bus.
class DramTiming {
 public:
  static constexpr int kClosed = -1;

  explicit DramTiming(const config::DramDevice& device);

  [[nodiscard]] int open_row(int bank) const { return at(bank).row; }
  [[nodiscard]] bool any_open() const { return open_ > 0; }

  /// Of a closed bank.
  [[nodiscard]] Edge earliest_activate(int bank) const;
  /// Of an open bank.
  [[nodiscard]] Edge earliest_precharge(int bank) const { return at(bank).precharge_from; }
  /// Of all open banks by one command.
  [[nodiscard]] Edge earliest_precharge_all() const;
  /// A read or write of the open row.
  [[nodiscard]] Edge earliest_column(int bank, bool write) const;
  /// While all banks are closed.
  [[nodiscard]] Edge earliest_refresh() const;

  void activate(int bank, int row, Edge edge);
  void precharge(int bank, Edge edge);
  /// Returns how many banks were open.
  int precharge_all(Edge edge);
  void column(int bank, bool write, Edge edge);
  void refresh(Edge edge);

  /// From a read or write to its first data.
  [[nodiscard]] Edge latency(bool write) const {
    return write ? device_.tcwl_clocks : device_.tcl_clocks;
  }
  void reset();

 private:
  struct Bank {
    int row = kClosed;
    Edge activate_from = 0;
    Edge precharge_from = 0;
    Edge column_from = 0;
  };
  /// What banks of a group, and banks of the channel, keep from each other.
  struct Shared {
    Edge activate_from = 0;
    std::array<Edge, 2> column_from{};  ///< reads, writes
  };
  [[nodiscard]] const Bank& at(int bank) const { return banks_[static_cast<std::size_t>(bank)]; }
  [[nodiscard]] Bank& at(int bank) { return banks_[static_cast<std::size_t>(bank)]; }
  [[nodiscard]] std::size_t group_of(int bank) const {
    return static_cast<std::size_t>(bank / device_.banks);
  }

  config::DramDevice device_;
  std::vector<Bank> banks_;
  std::vector<Shared> groups_;
  Shared channel_;
  std::array<Edge, 4> activates_{};  ///< edges from which tFAW allows one more, the oldest next
  std::size_t oldest_ = 0;
  int open_ = 0;
};

}  // namespace vitsim::hw
