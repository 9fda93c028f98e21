// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "vitsim/config/field.h"
#include "vitsim/core/units.h"

namespace vitsim::config {

template <class T>
using Plain = T;

/// The sizes and times of a DRAM with banks: all of them (Plain), or those that a file sets
/// (std::optional). A clock is a cycle of the DRAM's own clock.
template <template <class> class Held>
struct DramParameters {
  Held<double> clock_mhz{};
  Held<int> transfers_per_clock{};
  Held<int> channels{};
  Held<int> bank_groups{};
  Held<int> banks{};
  Held<int> rows{};
  Held<int> row_bytes{};
  Held<int> burst_length{};
  Held<int> bus_bytes{};
  Held<int> trcd_clocks{};
  Held<int> trp_clocks{};
  Held<int> tcl_clocks{};
  Held<int> tcwl_clocks{};
  Held<int> tras_clocks{};
  Held<int> trrd_s_clocks{};
  Held<int> trrd_l_clocks{};
  Held<int> tccd_s_clocks{};
  Held<int> tccd_l_clocks{};
  Held<int> tfaw_clocks{};
  Held<int> twtr_s_clocks{};
  Held<int> twtr_l_clocks{};
  Held<int> trtp_clocks{};
  Held<int> twr_clocks{};
  Held<int> trefi_clocks{};
  Held<int> trfc_clocks{};
  Held<int> turnaround_clocks{};
};

/// A DRAM with banks, every value known.
struct DramDevice : DramParameters<Plain> {
  [[nodiscard]] int burst_bytes() const { return burst_length * bus_bytes; }
  /// How long a burst takes the data bus.
  [[nodiscard]] int burst_clocks() const { return burst_length / transfers_per_clock; }
  [[nodiscard]] int banks_per_channel() const { return bank_groups * banks; }
  /// Of all channels; the ranges of the keys keep it below 2^53.
  [[nodiscard]] Bytes capacity() const {
    return Bytes{channels} * bank_groups * banks * rows * row_bytes;
  }
};

/// Calls visit(key, member of `a`, member of `b`, range, meaning) for each parameter: the one list
/// of them. `a` and `b` are DramParameters.
template <class A, class B, class Visit>
void for_each_dram_parameter(A& a, B& b, Visit&& visit) {
  constexpr Range kTime{0, 10000};
  constexpr Range kDelay{1, 10000};
  visit("clock_mhz", a.clock_mhz, b.clock_mhz, Range{1, 10000},
        "the DRAM's clock of commands, in steps of 0.001; any ratio to the core clock");
  visit("transfers_per_clock", a.transfers_per_clock, b.transfers_per_clock, Range{1, 16},
        "transfers of a data pin in a clock: 2 with double data rate");
  visit("channels", a.channels, b.channels, Range{1, 64},
        "each with a bus and a queue of its own; a pseudo channel counts as one");
  visit("bank_groups", a.bank_groups, b.bank_groups, Range{1, 8}, "groups of banks in a channel");
  visit("banks", a.banks, b.banks, Range{1, 64}, "banks in a group; at most 64 in a channel");
  visit("rows", a.rows, b.rows, Range{1, 1 << 24}, "rows in a bank");
  visit("row_bytes", a.row_bytes, b.row_bytes, Range{1, 65536},
        "bytes of a row, over all devices of the bus");
  visit("burst_length", a.burst_length, b.burst_length, Range{1, 64}, "transfers of an access");
  visit("bus_bytes", a.bus_bytes, b.bus_bytes, Range{1, 64}, "width of a channel's data bus");
  visit("trcd_clocks", a.trcd_clocks, b.trcd_clocks, kDelay, "activate to read or write");
  visit("trp_clocks", a.trp_clocks, b.trp_clocks, kDelay, "precharge to activate");
  visit("tcl_clocks", a.tcl_clocks, b.tcl_clocks, kDelay, "read to its first data");
  visit("tcwl_clocks", a.tcwl_clocks, b.tcwl_clocks, kDelay, "write to its first data");
  visit("tras_clocks", a.tras_clocks, b.tras_clocks, kDelay, "activate to precharge");
  visit("trrd_s_clocks", a.trrd_s_clocks, b.trrd_s_clocks, kDelay,
        "activate to activate of another bank group");
  visit("trrd_l_clocks", a.trrd_l_clocks, b.trrd_l_clocks, kDelay,
        "activate to activate in the same bank group");
  visit("tccd_s_clocks", a.tccd_s_clocks, b.tccd_s_clocks, kDelay,
        "read to read, write to write, of another bank group");
  visit("tccd_l_clocks", a.tccd_l_clocks, b.tccd_l_clocks, kDelay,
        "read to read, write to write, in the same bank group");
  visit("tfaw_clocks", a.tfaw_clocks, b.tfaw_clocks, kDelay, "any five activates span more");
  visit("twtr_s_clocks", a.twtr_s_clocks, b.twtr_s_clocks, kTime,
        "end of a write's data to a read of another bank group");
  visit("twtr_l_clocks", a.twtr_l_clocks, b.twtr_l_clocks, kTime,
        "end of a write's data to a read in the same bank group");
  visit("trtp_clocks", a.trtp_clocks, b.trtp_clocks, kTime, "read to precharge");
  visit("twr_clocks", a.twr_clocks, b.twr_clocks, kTime, "end of a write's data to precharge");
  visit("trefi_clocks", a.trefi_clocks, b.trefi_clocks, Range{1, 10000000},
        "from one refresh to the next");
  visit("trfc_clocks", a.trfc_clocks, b.trfc_clocks, Range{1, 1000000}, "refresh to activate");
  visit("turnaround_clocks", a.turnaround_clocks, b.turnaround_clocks, kTime,
        "the data bus is idle between a read and a write");
}

}  // namespace vitsim::config
