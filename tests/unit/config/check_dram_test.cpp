// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "vitsim/config/describe.h"

#include "support.h"

namespace vitsim::config {
namespace {

using testing::HasSubstr;

/// What is said of a DDR4-2400 with these keys of accelerator.dram.
std::string dram_error(const std::string& keys) {
  return config_error("accelerator: {dram: {kind: ddr4_2400, " + keys + "}}");
}

Dram dram_of(const std::string& keys) {
  return config_of("accelerator: {dram: {" + keys + "}}").accelerator.dram;
}

TEST(DramPresetTest, OtherKindsHaveNone) {
  EXPECT_FALSE(resolved_device(dram_of("kind: ideal")));
  EXPECT_FALSE(resolved_device(dram_of("kind: simple, tcl_clocks: 9")));
}

TEST(DramPresetTest, EveryPresetPassesItsOwnChecks) {
  for (const auto& kind : kDramKindNames) {
    EXPECT_NO_THROW(dram_of("kind: " + std::string(kind.name))) << kind.name;
  }
}

TEST(DramPresetTest, WhatAFileSetsWinsAndTheRestIsThePresets) {
  const auto device = resolved_device(dram_of("kind: ddr4_2400, tcl_clocks: 19, clock_mhz: 1000"));
  EXPECT_EQ(device->tcl_clocks, 19);
  EXPECT_EQ(device->clock_mhz, 1000);
  EXPECT_EQ(device->trcd_clocks, dram_preset(DramKind::kDdr4At2400)->trcd_clocks);
  EXPECT_EQ(device->capacity(), Bytes{8} << 30);
  EXPECT_EQ(device->burst_bytes(), 64);
}

TEST(DramPresetTest, NullMeansThePresets) {
  EXPECT_EQ(resolved_device(dram_of("kind: hbm2, tcl_clocks: null"))->tcl_clocks, 18);
}

TEST(DramPresetTest, AnotherPresetOnTheCommandLineBringsItsOwnParameters) {
  const Config config = config_of("accelerator: {dram: {kind: ddr4_2400}}",
                                  {"accelerator.dram.kind=hbm2", "accelerator.dram.tcl_clocks=20"});
  EXPECT_EQ(resolved_device(config.accelerator.dram)->channels, 16);
  EXPECT_EQ(resolved_device(config.accelerator.dram)->tcl_clocks, 20);
}

TEST(DramPresetTest, ConfigShowHasResolvedValuesAndWhereTheyComeFrom) {
  const Config config = config_of("accelerator: {dram: {kind: ddr4_2400, tcl_clocks: 19}}");
  const std::string yaml = to_yaml(config);
  EXPECT_THAT(yaml, HasSubstr("    trcd_clocks: 16  # ddr4_2400's: activate to read or write\n"));
  EXPECT_THAT(yaml, HasSubstr("    tcl_clocks: 19  # read to its first data\n"));
  EXPECT_THAT(yaml, HasSubstr("    latency_cycles: 60  # unused: "));
  EXPECT_EQ(to_json(config_of(yaml)), to_json(config));
  EXPECT_THAT(to_yaml(Config{}), HasSubstr("    tcl_clocks: null  # unused: "));
}

TEST(CheckDramTest, OutOfRangeNamesTheKey) {
  EXPECT_EQ(dram_error("tcl_clocks: 0"),
            "accelerator.dram.tcl_clocks: got '0', expected an integer in [1, 10000] (read to its "
            "first data), x.yaml line 1");
  EXPECT_THAT(dram_error("address_mapping: column_row_bank"),
              HasSubstr("expected one of row_bank_column, row_column_bank, bank_row_column"));
}

TEST(CheckDramTest, ContradictoryTimesNameBothKeys) {
  EXPECT_EQ(
      dram_error("tras_clocks: 15"),
      "accelerator.dram.tras_clocks: got '15', expected at least accelerator.dram.trcd_clocks "
      "'16' (a row is open for a read), x.yaml");
  EXPECT_NO_THROW(dram_of("kind: ddr4_2400, tras_clocks: 16"));
  EXPECT_THAT(dram_error("tfaw_clocks: 3"), HasSubstr("accelerator.dram.trrd_s_clocks '4'"));
  EXPECT_NO_THROW(dram_of("kind: ddr4_2400, tfaw_clocks: 4"));
  EXPECT_THAT(dram_error("trrd_l_clocks: 3"), HasSubstr("accelerator.dram.trrd_s_clocks '4'"));
  EXPECT_THAT(dram_error("tccd_l_clocks: 3"), HasSubstr("accelerator.dram.tccd_s_clocks '4'"));
  EXPECT_THAT(dram_error("twtr_l_clocks: 2"), HasSubstr("accelerator.dram.twtr_s_clocks '3'"));
  EXPECT_THAT(dram_error("tccd_s_clocks: 3"),
              HasSubstr("accelerator.dram.tccd_s_clocks: got '3', expected at least '4'"));
  EXPECT_THAT(dram_error("trfc_clocks: 9361"),
              HasSubstr("accelerator.dram.trefi_clocks: got '9360', expected at least "
                        "accelerator.dram.trfc_clocks '9361'"));
}

TEST(CheckDramTest, RefreshLeavesTimeForAnAccessUnlessItIsOff) {
  EXPECT_THAT(dram_error("trefi_clocks: 500"),
              HasSubstr("accelerator.dram.trefi_clocks: got '500', expected more than '6"));
  EXPECT_NO_THROW(dram_of("kind: ddr4_2400, trefi_clocks: 500, refresh: false"));
}

TEST(CheckDramTest, SizesThatBitsAreCutFromArePowersOfTwo) {
  for (const std::string key : {"channels", "bank_groups", "banks", "rows", "row_bytes",
                                "burst_length", "bus_bytes", "transfers_per_clock"}) {
    std::string expected = "accelerator.dram." + key;
    expected += ": got '6', expected a power of two";
    EXPECT_THAT(dram_error(key + ": 6"), HasSubstr(expected));
  }
}

TEST(CheckDramTest, SizesThatDoNotFitEachOther) {
  EXPECT_THAT(dram_error("row_bytes: 32"),
              HasSubstr("accelerator.dram.row_bytes: got '32', expected at least '64'"));
  EXPECT_THAT(dram_error("banks: 32"),
              HasSubstr("accelerator.dram.banks: got '32', expected at most '16' with "
                        "accelerator.dram.bank_groups '4'"));
  EXPECT_THAT(dram_error("burst_length: 1"), HasSubstr("accelerator.dram.transfers_per_clock '2'"));
  EXPECT_THAT(dram_error("rows: 16777216"),
              HasSubstr("accelerator.dram.rows: got '16777216', expected at most '8388608'"));
  EXPECT_NO_THROW(dram_of("kind: ddr4_2400, rows: 8388608"));
}

TEST(CheckDramTest, TheDmasBurstsAreMultiplesOfTheDrams) {
  EXPECT_EQ(config_error("accelerator: {dram: {kind: ddr4_2400}, dma: {burst_bytes: 96}}"),
            "accelerator.dma.burst_bytes: got '96', expected a multiple of '64' (a burst of DRAM: "
            "accelerator.dram.burst_length '8' times accelerator.dram.bus_bytes '8'), x.yaml");
  EXPECT_NO_THROW(config_of("accelerator: {dram: {kind: lpddr4_3200}, dma: {burst_bytes: 96}}"));
  EXPECT_NO_THROW(config_of("accelerator: {dram: {kind: simple}, dma: {burst_bytes: 97}}"));
}

}  // namespace
}  // namespace vitsim::config
