// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "vitsim/config/dram_presets.h"
#include "vitsim/config/field.h"

namespace vitsim::config {

enum class AddressMapping { kRowBankColumn, kRowColumnBank, kBankRowColumn };
inline constexpr std::array kAddressMappingNames{
    EnumName{"row_bank_column", AddressMapping::kRowBankColumn},
    EnumName{"row_column_bank", AddressMapping::kRowColumnBank},
    EnumName{"bank_row_column", AddressMapping::kBankRowColumn}};

/// The memory outside the chip.
struct Dram {
  DramKind kind = DramKind::kSimple;
  double bytes_per_cycle = 25.6;
  int latency_cycles = 60;
  AddressMapping address_mapping = AddressMapping::kRowBankColumn;
  int queue_depth = 32;
  int reorder_limit = 32;
  bool refresh = true;
  /// What a file sets instead of the preset's.
  DramParameters<std::optional> set;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("kind", kind, kDramKindNames,
          "ideal: answers at once; simple: fixed latency and bandwidth; others: banks, rows and "
          "their timing, with the parameters of this preset");
    visit("bytes_per_cycle", bytes_per_cycle, Range{0.001, 65536},
          "bandwidth of kind simple, in steps of 0.001", OnlyIf{kind == DramKind::kSimple});
    visit("latency_cycles", latency_cycles, Range{0, 100000}, "latency of kind simple",
          OnlyIf{kind == DramKind::kSimple});
    const DramDevice* preset = dram_preset(kind);
    const OnlyIf banked{preset != nullptr};
    visit("address_mapping", address_mapping, kAddressMappingNames,
          "which bits of an address choose row, bank and column, the highest first; below them "
          "bank group and channel, which change with every burst",
          banked);
    visit("queue_depth", queue_depth, Range{1, 256}, "accesses that wait in a channel", banked);
    visit("reorder_limit", reorder_limit, Range{0, 100000},
          "younger accesses that may pass one; 0: first come, first served", banked);
    visit("refresh", refresh, "refresh all banks every trefi_clocks", banked);
    const DramDevice none;
    for_each_dram_parameter(
        set, preset != nullptr ? *preset : none,
        [&]<class T>(std::string_view key, std::optional<T>& value, const T& of_preset, Range range,
                     std::string_view meaning) {
          FromPreset<T> otherwise;
          if (preset != nullptr) {
            otherwise = {of_preset, name_of(kDramKindNames, kind)};
          }
          visit(key, value, otherwise, range, meaning, banked);
        });
  }
};

/// The parameters of a kind with banks, what the file sets put in; none for other kinds.
std::optional<DramDevice> resolved_device(const Dram& dram);

}  // namespace vitsim::config
