// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dram_timing.h"

#include <algorithm>
#include <initializer_list>

namespace vitsim::hw {
namespace {

void not_before(Edge& from, Edge edge) { from = std::max(from, edge); }

}  // namespace

DramTiming::DramTiming(const config::DramDevice& device)
    : device_(device),
      banks_(static_cast<std::size_t>(device.banks_per_channel())),
      groups_(static_cast<std::size_t>(device.bank_groups)) {}

Edge DramTiming::earliest_activate(int bank) const {
  return std::max({at(bank).activate_from, groups_[group_of(bank)].activate_from,
                   channel_.activate_from, activates_[oldest_]});
}

Edge DramTiming::earliest_precharge_all() const {
  Edge earliest = 0;
  for (const Bank& bank : banks_) {
    if (bank.row != kClosed) {
      not_before(earliest, bank.precharge_from);
    }
  }
  return earliest;
}

Edge DramTiming::earliest_column(int bank, bool write) const {
  const auto direction = static_cast<std::size_t>(write);
  return std::max({at(bank).column_from, groups_[group_of(bank)].column_from[direction],
                   channel_.column_from[direction]});
}

Edge DramTiming::earliest_refresh() const {
  Edge earliest = 0;
  for (const Bank& bank : banks_) {
    not_before(earliest, bank.activate_from);
  }
  return earliest;
}

void DramTiming::activate(int bank, int row, Edge edge) {
  Bank& opened = at(bank);
  opened.row = row;
  ++open_;
  opened.column_from = edge + device_.trcd_clocks;
  opened.precharge_from = edge + device_.tras_clocks;
  groups_[group_of(bank)].activate_from = edge + device_.trrd_l_clocks;
  channel_.activate_from = edge + device_.trrd_s_clocks;
  activates_[oldest_] = edge + device_.tfaw_clocks;
  oldest_ = (oldest_ + 1) % activates_.size();
}

void DramTiming::precharge(int bank, Edge edge) {
  at(bank).row = kClosed;
  --open_;
  at(bank).activate_from = edge + device_.trp_clocks;
}

int DramTiming::precharge_all(Edge edge) {
  const int open = open_;
  for (int bank = 0; bank < device_.banks_per_channel(); ++bank) {
    if (open_row(bank) != kClosed) {
      precharge(bank, edge);
    }
  }
  return open;
}

void DramTiming::column(int bank, bool write, Edge edge) {
  Shared& group = groups_[group_of(bank)];
  const Edge data_end = edge + latency(write) + device_.burst_clocks();
  const auto same = static_cast<std::size_t>(write);
  const auto other = static_cast<std::size_t>(!write);
  not_before(channel_.column_from[same], edge + device_.tccd_s_clocks);
  not_before(group.column_from[same], edge + device_.tccd_l_clocks);
  if (write) {
    not_before(channel_.column_from[other], data_end + device_.twtr_s_clocks);
    not_before(group.column_from[other], data_end + device_.twtr_l_clocks);
    not_before(at(bank).precharge_from, data_end + device_.twr_clocks);
  } else {
    // The write's first data come when the bus is free, and not before the next column access.
    not_before(channel_.column_from[other],
               std::max<Edge>(data_end + device_.turnaround_clocks - device_.tcwl_clocks,
                              edge + device_.tccd_s_clocks));
    not_before(at(bank).precharge_from, edge + device_.trtp_clocks);
  }
}

void DramTiming::refresh(Edge edge) {
  for (Bank& bank : banks_) {
    bank.activate_from = edge + device_.trfc_clocks;
  }
}

void DramTiming::reset() {
  std::ranges::fill(banks_, Bank{});
  std::ranges::fill(groups_, Shared{});
  channel_ = {};
  activates_.fill(0);
  oldest_ = 0;
  open_ = 0;
}

}  // namespace vitsim::hw
