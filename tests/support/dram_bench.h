// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/hw/dram_channel.h"

namespace vitsim::test {

using hw::DramCommand;
using timing::Edge;

/// Times that no two sums of few of them share, so that each constraint shows by its own edge.
inline config::DramDevice odd_device() {
  config::DramDevice device;
  device.clock_mhz = 1000;
  device.transfers_per_clock = 2;
  device.channels = 1;
  device.bank_groups = 2;
  device.banks = 4;
  device.rows = 64;
  device.row_bytes = 256;
  device.burst_length = 8;
  device.bus_bytes = 4;
  device.trcd_clocks = 11;
  device.trp_clocks = 13;
  device.tcl_clocks = 17;
  device.tcwl_clocks = 9;
  device.tras_clocks = 41;
  device.trrd_s_clocks = 5;
  device.trrd_l_clocks = 7;
  device.tccd_s_clocks = 4;
  device.tccd_l_clocks = 6;
  device.tfaw_clocks = 43;
  device.twtr_s_clocks = 8;
  device.twtr_l_clocks = 12;
  device.trtp_clocks = 10;
  device.twr_clocks = 19;
  device.trefi_clocks = 2000;
  device.trfc_clocks = 101;
  device.turnaround_clocks = 3;
  return device;
}

/// A channel, what it issues, and when its accesses are done.
struct ChannelBench : hw::DramCommandLog {
  config::DramDevice device;
  stats::Group group{"dram"};
  hw::DramCounters counters{group};
  hw::DramChannel channel;
  std::vector<hw::IssuedCommand> commands;
  std::vector<hw::DramChannel::Done> done;
  int accesses = 0;

  explicit ChannelBench(const config::Dram& config = {},
                        const config::DramDevice& device_in = odd_device())
      : device(device_in), channel(device_in, config, counters) {
    channel.set_log(this);
  }
  ChannelBench(const ChannelBench&) = delete;
  ChannelBench& operator=(const ChannelBench&) = delete;

  void issued(const hw::IssuedCommand& command) override { commands.push_back(command); }
  /// An access that counts from edge `from` on. Accesses are numbered from 0.
  void push(Edge from, int bank, int row, bool write = false) {
    channel.run_until(from, done);
    channel.push({accesses++, bank, row, write}, from);
  }
  /// Issues the commands up to and with `edge`.
  void run_through(Edge edge) { channel.run_until(edge + 1, done); }
  [[nodiscard]] std::vector<int> order() const {
    std::vector<int> numbers;
    for (const auto& access : done) {
      numbers.push_back(access.number);
    }
    return numbers;
  }
};

}  // namespace vitsim::test
