// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dram_address.h"

#include <set>
#include <tuple>

#include <gtest/gtest.h>

#include "vitsim/core/random.h"

#include "support/dram_bench.h"

namespace vitsim::test {
namespace {

using config::AddressMapping;
using hw::DramAddress;
using hw::DramAddressMap;

/// 4 channels, 2 bank groups of 4 banks, 64 rows of 8 columns.
config::DramDevice device() {
  config::DramDevice device = odd_device();
  device.channels = 4;
  return device;
}

class DramAddressTest : public testing::TestWithParam<AddressMapping> {};
INSTANTIATE_TEST_SUITE_P(Mappings, DramAddressTest,
                         testing::Values(AddressMapping::kRowBankColumn,
                                         AddressMapping::kRowColumnBank,
                                         AddressMapping::kBankRowColumn));

TEST_P(DramAddressTest, GivesEveryPlaceToExactlyOneBurst) {
  const config::DramDevice small = device();
  const DramAddressMap map(small, GetParam());
  std::set<std::tuple<int, int, int, int>> places;
  const std::int64_t bursts = small.capacity() / small.burst_bytes();
  for (std::int64_t burst = 0; burst < bursts; ++burst) {
    const DramAddress at = map(burst);
    EXPECT_LT(at.channel, 4);
    EXPECT_LT(at.bank, 8);
    EXPECT_EQ(at.group, at.bank / 4);
    EXPECT_LT(at.row, 64);
    EXPECT_LT(at.column, 8);
    places.emplace(at.channel, at.bank, at.row, at.column);
  }
  EXPECT_EQ(places.size(), static_cast<std::size_t>(bursts));
}

TEST_P(DramAddressTest, KeepsRandomAddressesOfEveryPresetApartAndInRange) {
  Random random(7);
  for (const auto& kind : config::kDramKindNames) {
    const config::DramDevice* preset = config::dram_preset(kind.value);
    if (preset == nullptr) {
      continue;
    }
    const DramAddressMap map(*preset, GetParam());
    std::set<std::int64_t> bursts;
    std::set<std::tuple<int, int, int, int>> places;
    for (int i = 0; i < 5000; ++i) {
      const auto burst = random.integer(0, preset->capacity() / preset->burst_bytes() - 1);
      const DramAddress at = map(burst);
      ASSERT_LT(at.row, preset->rows);
      ASSERT_LT(at.bank, preset->banks_per_channel());
      bursts.insert(burst);
      places.emplace(at.channel, at.bank, at.row, at.column);
    }
    EXPECT_EQ(places.size(), bursts.size()) << kind.name;
  }
}

TEST_P(DramAddressTest, AlternatesChannelsAndThenBankGroupsWithEveryBurst) {
  const DramAddressMap map(device(), GetParam());
  for (int burst = 0; burst < 8; ++burst) {
    EXPECT_EQ(map(burst).channel, burst % 4);
    EXPECT_EQ(map(burst).group, burst / 4);
    EXPECT_EQ(map(burst).row, 0);
  }
}

TEST(DramAddressOrderTest, TheNameSaysWhichBitsAreHighest) {
  // Above channel and group: 8 columns, 4 banks, 64 rows.
  const auto at = [](AddressMapping mapping, std::int64_t above) {
    return DramAddressMap(device(), mapping)(8 * above);
  };
  EXPECT_EQ(at(AddressMapping::kRowBankColumn, 1), (DramAddress{0, 0, 0, 0, 1}));
  EXPECT_EQ(at(AddressMapping::kRowBankColumn, 8), (DramAddress{0, 1, 0, 0, 0}));
  EXPECT_EQ(at(AddressMapping::kRowBankColumn, 32), (DramAddress{0, 0, 0, 1, 0}));
  EXPECT_EQ(at(AddressMapping::kRowColumnBank, 1), (DramAddress{0, 1, 0, 0, 0}));
  EXPECT_EQ(at(AddressMapping::kRowColumnBank, 4), (DramAddress{0, 0, 0, 0, 1}));
  EXPECT_EQ(at(AddressMapping::kRowColumnBank, 32), (DramAddress{0, 0, 0, 1, 0}));
  EXPECT_EQ(at(AddressMapping::kBankRowColumn, 1), (DramAddress{0, 0, 0, 0, 1}));
  EXPECT_EQ(at(AddressMapping::kBankRowColumn, 8), (DramAddress{0, 0, 0, 1, 0}));
  EXPECT_EQ(at(AddressMapping::kBankRowColumn, 512), (DramAddress{0, 1, 0, 0, 0}));
}

}  // namespace
}  // namespace vitsim::test
