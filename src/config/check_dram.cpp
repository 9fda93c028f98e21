// SPDX-License-Identifier: Apache-2.0
#include "check_dram.h"

#include <bit>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "vitsim/core/error.h"

namespace vitsim::config {
namespace {

constexpr int kMostBanks = 64;
constexpr Bytes kMostBytes = Bytes{1} << 40;

/// A parameter and its key below accelerator.dram.
struct Named {
  std::string_view key;
  int value;
};

void expect_at_least(const Named& large, const Named& small, std::string_view why) {
  if (large.value < small.value) {
    throw ConfigError(fmt::format(
        "accelerator.dram.{}: got '{}', expected at least accelerator.dram.{} '{}' ({})", large.key,
        large.value, small.key, small.value, why));
  }
}

/// Sizes whose bits an address is cut into.
void check_powers_of_two(const DramDevice& device) {
  for (const Named& size :
       {Named{"channels", device.channels}, Named{"bank_groups", device.bank_groups},
        Named{"banks", device.banks}, Named{"rows", device.rows},
        Named{"row_bytes", device.row_bytes}, Named{"burst_length", device.burst_length},
        Named{"transfers_per_clock", device.transfers_per_clock},
        Named{"bus_bytes", device.bus_bytes}}) {
    if (!std::has_single_bit(static_cast<unsigned>(size.value))) {
      throw ConfigError(fmt::format(
          "accelerator.dram.{}: got '{}', expected a power of two (addresses are cut into bits)",
          size.key, size.value));
    }
  }
}

void check_sizes(const DramDevice& device) {
  check_powers_of_two(device);
  expect_at_least({"burst_length", device.burst_length},
                  {"transfers_per_clock", device.transfers_per_clock},
                  "a burst takes whole clocks");
  if (device.row_bytes < device.burst_bytes()) {
    throw ConfigError(
        fmt::format("accelerator.dram.row_bytes: got '{}', expected at least '{}' (a burst: "
                    "accelerator.dram.burst_length '{}' times accelerator.dram.bus_bytes '{}')",
                    device.row_bytes, device.burst_bytes(), device.burst_length, device.bus_bytes));
  }
  if (device.banks_per_channel() > kMostBanks) {
    throw ConfigError(
        fmt::format("accelerator.dram.banks: got '{}', expected at most '{}' with "
                    "accelerator.dram.bank_groups '{}' ({} banks a channel)",
                    device.banks, kMostBanks / device.bank_groups, device.bank_groups, kMostBanks));
  }
  if (device.capacity() > kMostBytes) {
    throw ConfigError(fmt::format(
        "accelerator.dram.rows: got '{}', expected at most '{}' with accelerator.dram.channels "
        "'{}', bank_groups '{}', banks '{}' and row_bytes '{}' (1 TiB in all)",
        device.rows, kMostBytes / (device.capacity() / device.rows), device.channels,
        device.bank_groups, device.banks, device.row_bytes));
  }
}

void check_times(const DramDevice& device) {
  expect_at_least({"tras_clocks", device.tras_clocks}, {"trcd_clocks", device.trcd_clocks},
                  "a row is open for a read");
  expect_at_least({"tfaw_clocks", device.tfaw_clocks}, {"trrd_s_clocks", device.trrd_s_clocks},
                  "four activates take longer than one");
  expect_at_least({"trrd_l_clocks", device.trrd_l_clocks}, {"trrd_s_clocks", device.trrd_s_clocks},
                  "a bank group shares its circuits");
  expect_at_least({"tccd_l_clocks", device.tccd_l_clocks}, {"tccd_s_clocks", device.tccd_s_clocks},
                  "a bank group shares its circuits");
  expect_at_least({"twtr_l_clocks", device.twtr_l_clocks}, {"twtr_s_clocks", device.twtr_s_clocks},
                  "a bank group shares its circuits");
  if (device.tccd_s_clocks < device.burst_clocks()) {
    throw ConfigError(fmt::format(
        "accelerator.dram.tccd_s_clocks: got '{}', expected at least '{}' (a burst on the bus: "
        "accelerator.dram.burst_length '{}' over accelerator.dram.transfers_per_clock '{}')",
        device.tccd_s_clocks, device.burst_clocks(), device.burst_length,
        device.transfers_per_clock));
  }
}

/// Between two refreshes a row must have time to be opened, accessed and closed.
void check_refresh(const DramDevice& device) {
  expect_at_least({"trefi_clocks", device.trefi_clocks}, {"trfc_clocks", device.trfc_clocks},
                  "a refresh ends before the next one");
  const int access = 2 * (device.trp_clocks + device.trcd_clocks + device.burst_clocks()) +
                     device.tras_clocks + device.tcl_clocks + device.tcwl_clocks +
                     device.twr_clocks + device.trtp_clocks + device.twtr_l_clocks +
                     device.tfaw_clocks + device.turnaround_clocks;
  if (device.trefi_clocks - device.trfc_clocks <= access) {
    throw ConfigError(fmt::format(
        "accelerator.dram.trefi_clocks: got '{}', expected more than '{}' (accelerator.dram."
        "trfc_clocks '{}', and {} clocks to open a row, access it and close it)",
        device.trefi_clocks, device.trfc_clocks + access, device.trfc_clocks, access));
  }
}

}  // namespace

void check_dram(const Accelerator& machine) {
  const std::optional<DramDevice> device = resolved_device(machine.dram);
  if (!device) {
    return;
  }
  check_sizes(*device);
  check_times(*device);
  if (machine.dram.refresh) {
    check_refresh(*device);
  }
  if (machine.dma.burst_bytes % device->burst_bytes() != 0) {
    throw ConfigError(fmt::format(
        "accelerator.dma.burst_bytes: got '{}', expected a multiple of '{}' (a burst of DRAM: "
        "accelerator.dram.burst_length '{}' times accelerator.dram.bus_bytes '{}')",
        machine.dma.burst_bytes, device->burst_bytes(), device->burst_length, device->bus_bytes));
  }
}

}  // namespace vitsim::config
