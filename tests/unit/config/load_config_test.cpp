// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace vitsim::config {
namespace {

const std::filesystem::path kConfigs = std::filesystem::path(VITSIM_SOURCE_DIR) / "configs";

TEST(LoadConfigTest, KeysThatAreNotGivenKeepTheirDefaults) {
  const Config config = config_of("accelerator: {pe_array: {rows: 8}}");
  EXPECT_EQ(config.accelerator.pe_array.rows, 8);
  EXPECT_EQ(config.accelerator.pe_array.cols, 64);
  EXPECT_EQ(config.accelerator.dram.kind, DramKind::kSimple);
  EXPECT_FALSE(config.accelerator.softmax_unit);
}

TEST(LoadConfigTest, EveryTypeOfValueArrives) {
  const Config config = config_of(R"(
accelerator:
  clock_mhz: 6.5e2
  pe_array: {overlap_folds: false}
  scratchpad:
    arbitration: fixed_priority
  dram: {kind: "ideal", bytes_per_cycle: 3}
  gelu_unit: {lanes: 512}
attention: taylor
)");
  EXPECT_EQ(config.accelerator.clock_mhz, 650);
  EXPECT_FALSE(config.accelerator.pe_array.overlap_folds);
  EXPECT_EQ(config.accelerator.scratchpad.arbitration, Arbitration::kFixedPriority);
  EXPECT_EQ(config.accelerator.dram.kind, DramKind::kIdeal);
  EXPECT_EQ(config.accelerator.dram.bytes_per_cycle, 3);
  ASSERT_TRUE(config.accelerator.gelu_unit);
  EXPECT_EQ(config.accelerator.gelu_unit->lanes, 512);
  EXPECT_EQ(config.attention, Attention::kTaylor);
}

TEST(LoadConfigTest, BothEndsOfARangeAreInside) {
  EXPECT_EQ(config_of("accelerator: {pe_array: {rows: 1}}").accelerator.pe_array.rows, 1);
  EXPECT_EQ(config_of("accelerator: {pe_array: {rows: 512}}").accelerator.pe_array.rows, 512);
  EXPECT_EQ(config_of("accelerator: {dram: {latency_cycles: 0}}").accelerator.dram.latency_cycles,
            0);
}

TEST(LoadConfigTest, AnEmptyMapIsAUnitWithDefaultsAndNullIsNone) {
  EXPECT_TRUE(config_of("accelerator: {softmax_unit: {}}").accelerator.softmax_unit);
  EXPECT_FALSE(config_of("accelerator: {softmax_unit: null}").accelerator.softmax_unit);
  EXPECT_FALSE(config_of("accelerator: {softmax_unit: ~}").accelerator.softmax_unit);
  EXPECT_FALSE(config_of("accelerator:\n  softmax_unit:\n").accelerator.softmax_unit);
}

TEST(LoadConfigTest, KeysOfAnotherKindAreAccepted) {
  const Config config = config_of("accelerator: {dram: {kind: ideal, latency_cycles: 9}}");
  EXPECT_EQ(config.accelerator.dram.latency_cycles, 9);
}

TEST(LoadConfigTest, EveryShippedConfigurationLoads) {
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(kConfigs)) {
    SCOPED_TRACE(file.path());
    if (file.is_directory()) {
      continue;  // sweeps
    }
    EXPECT_NO_THROW(load_config(file.path(), {}));
    ++files;
  }
  EXPECT_GE(files, 2);
}

TEST(LoadConfigTest, TheSoftmaxMachineHasAllFourUnitsOnA64By64Array) {
  const Accelerator machine = load_config(kConfigs / "softmax_64x64.yaml", {}).accelerator;
  EXPECT_EQ(machine.pe_array.rows, 64);
  EXPECT_EQ(machine.pe_array.cols, 64);
  EXPECT_EQ(machine.clock_mhz, 500);
  EXPECT_EQ(machine.scratchpad.size_kib, 200);
  EXPECT_EQ(machine.scratchpad.banks, 16);
  EXPECT_EQ(machine.accumulator_buffer.rows, 256);
  EXPECT_TRUE(machine.softmax_unit && machine.gelu_unit && machine.layer_norm_unit &&
              machine.vector_unit);
}

TEST(LoadConfigTest, TheEdgeMachineIsSmallerAndHasAllFourUnits) {
  const Accelerator machine = load_config(kConfigs / "edge_16x16.yaml", {}).accelerator;
  EXPECT_EQ(machine.pe_array.rows, 16);
  EXPECT_EQ(machine.pe_array.cols, 16);
  EXPECT_EQ(machine.scratchpad.size_kib, 64);
  EXPECT_EQ(machine.dram.bytes_per_cycle, 6.4);
  EXPECT_TRUE(machine.softmax_unit && machine.gelu_unit && machine.layer_norm_unit &&
              machine.vector_unit);
}

TEST(LoadConfigTest, AFileThatIsMissingOrNoFileIsAConfigErrorThatNamesIt) {
  EXPECT_THAT(error_of<ConfigError>([] { load_config("no/such.yaml", {}); }),
              testing::HasSubstr("no/such.yaml"));
  EXPECT_THAT(error_of<ConfigError>([] { load_config(kConfigs, {}); }),
              testing::HasSubstr("configs"));
}

}  // namespace
}  // namespace vitsim::config
