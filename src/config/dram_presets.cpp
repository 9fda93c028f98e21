// SPDX-License-Identifier: Apache-2.0
#include "vitsim/config/dram_presets.h"

#include "vitsim/config/dram.h"

namespace vitsim::config {
namespace {

// Where a value comes from:
// [J] the JEDEC standard that the preset names, as other open simulators quote it (Ramulator 2.1,
//     DRAMSys 5, gem5); compared with them, not with the standard itself.
// [D] derived here from other values.
// [U] remembered or chosen here: fit for a default that anyone may change, never for a claim.

/// DDR4-2400R, one 64-bit channel of eight devices of 8 Gb x8: JESD79-4.
constexpr DramDevice ddr4_2400() {
  DramDevice device;
  device.clock_mhz = 1200;
  device.transfers_per_clock = 2;
  device.channels = 1;           // [U] one DIMM, one rank
  device.bank_groups = 4;        // [J] x8
  device.banks = 4;              // [J]
  device.rows = 65536;           // [J] 8 Gb x8
  device.row_bytes = 8192;       // [J] 1 KiB a device
  device.burst_length = 8;       // [J]
  device.bus_bytes = 8;          // [J]
  device.trcd_clocks = 16;       // [J] speed bin 2400R
  device.trp_clocks = 16;        // [J]
  device.tcl_clocks = 16;        // [J]
  device.tcwl_clocks = 12;       // [J]
  device.tras_clocks = 39;       // [J] 32 ns
  device.trrd_s_clocks = 4;      // [J] 1 KiB page
  device.trrd_l_clocks = 6;      // [J]
  device.tccd_s_clocks = 4;      // [J]
  device.tccd_l_clocks = 6;      // [J] 5 ns
  device.tfaw_clocks = 26;       // [J] 21 ns
  device.twtr_s_clocks = 3;      // [J] 2.5 ns
  device.twtr_l_clocks = 9;      // [J] 7.5 ns
  device.trtp_clocks = 9;        // [J] 7.5 ns
  device.twr_clocks = 18;        // [J] 15 ns
  device.trefi_clocks = 9360;    // [J] 7.8 us
  device.trfc_clocks = 420;      // [U] 350 ns for 8 Gb
  device.turnaround_clocks = 2;  // [J] RL + BL / 2 + 2 - WL
  return device;
}

/// DDR4-3200AA, one 64-bit channel of eight devices of 8 Gb x8: JESD79-4.
constexpr DramDevice ddr4_3200() {
  DramDevice device = ddr4_2400();
  device.clock_mhz = 1600;
  device.trcd_clocks = 22;      // [J] speed bin 3200AA
  device.trp_clocks = 22;       // [J]
  device.tcl_clocks = 22;       // [J]
  device.tcwl_clocks = 16;      // [J]
  device.tras_clocks = 52;      // [J] 32 ns
  device.trrd_s_clocks = 4;     // [J]
  device.trrd_l_clocks = 8;     // [J]
  device.tccd_l_clocks = 8;     // [J] 5 ns
  device.tfaw_clocks = 34;      // [J] 21 ns
  device.twtr_s_clocks = 4;     // [J]
  device.twtr_l_clocks = 12;    // [J]
  device.trtp_clocks = 12;      // [J]
  device.twr_clocks = 24;       // [J]
  device.trefi_clocks = 12480;  // [J] 7.8 us
  device.trfc_clocks = 560;     // [U] 350 ns for 8 Gb
  return device;
}

/// LPDDR4-3200, two 16-bit channels of 8 Gb each: JESD209-4. It has no bank groups.
constexpr DramDevice lpddr4_3200() {
  DramDevice device;
  device.clock_mhz = 1600;
  device.transfers_per_clock = 2;
  device.channels = 2;           // [U] one package, x32
  device.bank_groups = 1;        // [J]
  device.banks = 8;              // [J]
  device.rows = 65536;           // [J] 8 Gb x16
  device.row_bytes = 2048;       // [J]
  device.burst_length = 16;      // [J]
  device.bus_bytes = 2;          // [J]
  device.trcd_clocks = 29;       // [J] 18 ns
  device.trp_clocks = 34;        // [J] 21 ns, the one of all banks, for a single bank too
  device.tcl_clocks = 28;        // [J]
  device.tcwl_clocks = 14;       // [J] set A
  device.tras_clocks = 68;       // [J] 42 ns
  device.trrd_s_clocks = 16;     // [J] 10 ns
  device.trrd_l_clocks = 16;     // [D] no groups
  device.tccd_s_clocks = 8;      // [J]
  device.tccd_l_clocks = 8;      // [D] no groups
  device.tfaw_clocks = 64;       // [J] 40 ns
  device.twtr_s_clocks = 16;     // [J] 10 ns
  device.twtr_l_clocks = 16;     // [D] no groups
  device.trtp_clocks = 12;       // [J] 7.5 ns
  device.twr_clocks = 29;        // [J] 18 ns
  device.trefi_clocks = 6246;    // [J] 3.904 us
  device.trfc_clocks = 448;      // [J] 280 ns, all banks
  device.turnaround_clocks = 8;  // [U] DQS output delay of 3.5 ns and the write preamble
  return device;
}

/// LPDDR5-6400, two 16-bit channels of 8 Gb each, bank group mode, WCK at four times the command
/// clock: JESD209-5.
constexpr DramDevice lpddr5_6400() {
  DramDevice device;
  device.clock_mhz = 800;
  device.transfers_per_clock = 8;
  device.channels = 2;           // [U] one package, x32
  device.bank_groups = 4;        // [J]
  device.banks = 4;              // [J]
  device.rows = 32768;           // [D] 8 Gb
  device.row_bytes = 2048;       // [J]
  device.burst_length = 16;      // [J]
  device.bus_bytes = 2;          // [J]
  device.trcd_clocks = 15;       // [J] 18 ns
  device.trp_clocks = 15;        // [J] 18 ns
  device.tcl_clocks = 17;        // [J]
  device.tcwl_clocks = 11;       // [U] Ramulator's
  device.tras_clocks = 34;       // [J] 42 ns
  device.trrd_s_clocks = 4;      // [J] 5 ns
  device.trrd_l_clocks = 4;      // [J] 5 ns
  device.tccd_s_clocks = 2;      // [J]
  device.tccd_l_clocks = 4;      // [J]
  device.tfaw_clocks = 16;       // [J] 20 ns
  device.twtr_s_clocks = 5;      // [J] 6.25 ns
  device.twtr_l_clocks = 10;     // [J] 12 ns
  device.trtp_clocks = 4;        // [J] 7.5 ns less two clocks
  device.twr_clocks = 28;        // [J] 34 ns
  device.trefi_clocks = 3120;    // [J] 3.9 us
  device.trfc_clocks = 168;      // [J] 210 ns, all banks
  device.turnaround_clocks = 1;  // [J] tWCKDQO
  return device;
}

/// HBM2 at 2 Gb/s a pin, one stack of four 8 Gb dies, 16 pseudo channels of 64 bits: JESD235.
constexpr DramDevice hbm2() {
  DramDevice device;
  device.clock_mhz = 1000;
  device.transfers_per_clock = 2;
  device.channels = 16;          // [J] eight channels of two pseudo channels
  device.bank_groups = 4;        // [J]
  device.banks = 4;              // [J]
  device.rows = 16384;           // [D] 256 MiB a pseudo channel
  device.row_bytes = 1024;       // [J] pseudo channel mode
  device.burst_length = 4;       // [J] pseudo channel mode
  device.bus_bytes = 8;          // [J]
  device.trcd_clocks = 12;       // [U] gem5's, for reads; writes have 6
  device.trp_clocks = 14;        // [U] gem5's and DRAMSys's
  device.tcl_clocks = 18;        // [U] gem5's
  device.tcwl_clocks = 7;        // [U]
  device.tras_clocks = 28;       // [U]
  device.trrd_s_clocks = 4;      // [U]
  device.trrd_l_clocks = 6;      // [U]
  device.tccd_s_clocks = 2;      // [J]
  device.tccd_l_clocks = 3;      // [U]
  device.tfaw_clocks = 16;       // [U]
  device.twtr_s_clocks = 4;      // [U]
  device.twtr_l_clocks = 9;      // [U]
  device.trtp_clocks = 5;        // [U]
  device.twr_clocks = 14;        // [U]
  device.trefi_clocks = 3900;    // [J] 3.9 us
  device.trfc_clocks = 260;      // [U] for an 8 Gb die
  device.turnaround_clocks = 5;  // [D] so that a write follows a read in 18 clocks, as in gem5
  return device;
}

constexpr DramDevice kDdr4At2400 = ddr4_2400();
constexpr DramDevice kDdr4At3200 = ddr4_3200();
constexpr DramDevice kLpddr4At3200 = lpddr4_3200();
constexpr DramDevice kLpddr5At6400 = lpddr5_6400();
constexpr DramDevice kHbm2 = hbm2();

}  // namespace

const DramDevice* dram_preset(DramKind kind) {
  switch (kind) {
    case DramKind::kIdeal:
    case DramKind::kSimple:
      return nullptr;
    case DramKind::kDdr4At2400:
      return &kDdr4At2400;
    case DramKind::kDdr4At3200:
      return &kDdr4At3200;
    case DramKind::kLpddr4At3200:
      return &kLpddr4At3200;
    case DramKind::kLpddr5At6400:
      return &kLpddr5At6400;
    case DramKind::kHbm2:
      return &kHbm2;
  }
  return nullptr;
}

std::optional<DramDevice> resolved_device(const Dram& dram) {
  const DramDevice* preset = dram_preset(dram.kind);
  if (preset == nullptr) {
    return std::nullopt;
  }
  DramDevice device = *preset;
  for_each_dram_parameter(dram.set, device,
                          [](std::string_view, const auto& set, auto& value, Range,
                             std::string_view) { value = set.value_or(value); });
  return device;
}

}  // namespace vitsim::config
