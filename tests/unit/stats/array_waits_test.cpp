// SPDX-License-Identifier: Apache-2.0
#include "vitsim/stats/array_waits.h"

#include <gtest/gtest.h>

namespace vitsim::stats {
namespace {

/// DRAM of 8 bytes a cycle.
class ArrayWaitsTest : public testing::Test {
 protected:
  void array_waits_from(Cycles now) { array_.block(now, 0, StallCause::kWaitDmaLoad); }
  ChannelWaits loads_at(Cycles now) {
    waits_.account(now);
    EXPECT_EQ(waits_.loads().total(), array_waited(now));
    return waits_.loads();
  }
  Cycles array_waited(Cycles now) {
    array_.account(now);
    return array_.total().stalls[static_cast<std::size_t>(StallCause::kWaitDmaLoad)];
  }

  Activity array_{1};
  Activity load_{1};
  Activity store_{1};
  ArrayWaits waits_{8.0, array_, load_, store_};
};

TEST_F(ArrayWaitsTest, OnlyCyclesInWhichTheArrayWaitsCount) {
  waits_.hold_loads(0, ChannelHold::kLatency);
  array_waits_from(10);
  array_.busy(15, 0);  // the state of the array goes before what blocks it
  array_.idle(20);
  array_.unblock(22);
  EXPECT_EQ(loads_at(30)[ChannelHold::kLatency], 7);
}

TEST_F(ArrayWaitsTest, ACycleIsChargedToWhatHoldsTheChannelInIt) {
  array_waits_from(0);
  waits_.hold_loads(2, ChannelHold::kLatency);
  waits_.hold_loads(5, ChannelHold::kOutstanding);
  waits_.hold_loads(9, ChannelHold::kScratchpad);
  const ChannelWaits waits = loads_at(10);
  EXPECT_EQ(waits[ChannelHold::kQueue], 2);
  EXPECT_EQ(waits[ChannelHold::kLatency], 3);
  EXPECT_EQ(waits[ChannelHold::kOutstanding], 4);
  EXPECT_EQ(waits[ChannelHold::kScratchpad], 1);
  EXPECT_EQ(waits.bandwidth, 0);
}

TEST_F(ArrayWaitsTest, BurstsThatCrossAreBandwidthWhateverHoldsTheChannel) {
  array_waits_from(0);
  waits_.hold_loads(0, ChannelHold::kOutstanding);
  for (Cycles cycle = 4; cycle <= 40; cycle += 4) {
    waits_.moved(cycle, 32);
  }
  const ChannelWaits waits = loads_at(44);
  EXPECT_EQ(waits.bandwidth, 40);
  EXPECT_EQ(waits[ChannelHold::kOutstanding], 4);
}

TEST_F(ArrayWaitsTest, AShortBurstTakesTheCycleInWhichItIsSent) {
  array_waits_from(0);
  waits_.hold_loads(0, ChannelHold::kLatency);
  for (Cycles cycle = 10; cycle < 15; ++cycle) {
    waits_.moved(cycle, 2);
  }
  EXPECT_EQ(loads_at(20).bandwidth, 5);
}

TEST_F(ArrayWaitsTest, BandwidthIsNeverMoreThanTheCycles) {
  array_waits_from(10);
  waits_.hold_loads(10, ChannelHold::kLatency);
  waits_.moved(11, 800);
  EXPECT_EQ(loads_at(20).bandwidth, 10);
}

TEST_F(ArrayWaitsTest, AnEmptyChannelSaysWhatItsNextCommandWaitsFor) {
  array_waits_from(0);
  load_.block(3, 0, StallCause::kWaitDmaStore);
  load_.block(10, 0, StallCause::kWaitPeArray);
  load_.unblock(14);
  const ChannelWaits waits = loads_at(15);
  EXPECT_EQ(waits[ChannelHold::kQueue], 15);
  EXPECT_EQ(waits.blocked[static_cast<std::size_t>(StallCause::kWaitDmaStore)], 7);
  EXPECT_EQ(waits.blocked[static_cast<std::size_t>(StallCause::kWaitPeArray)], 4);
  EXPECT_EQ(waits.released(), 4);
}

TEST_F(ArrayWaitsTest, WaitsForStoresAreThoseOfTheStoreChannel) {
  array_.block(0, 0, StallCause::kWaitDmaStore);
  waits_.hold_stores(0, ChannelHold::kScratchpad);
  waits_.hold_loads(0, ChannelHold::kLatency);
  waits_.account(6);
  EXPECT_EQ(waits_.loads().total(), 0);
  EXPECT_EQ(waits_.stores()[ChannelHold::kScratchpad], 6);
}

/// Modules run one after the other within a cycle, in any order.
TEST_F(ArrayWaitsTest, TheOrderOfChangesWithinACycleDoesNotShow) {
  const auto run = [&](bool array_first) {
    array_.reset();
    load_.reset();
    waits_.reset();
    const auto array = [&] { array_waits_from(5); };
    const auto channel = [&] {
      waits_.moved(5, 64);
      waits_.hold_loads(5, ChannelHold::kLatency);
    };
    array_first ? (array(), channel()) : (channel(), array());
    return loads_at(20);
  };
  const ChannelWaits one = run(true);
  const ChannelWaits other = run(false);
  EXPECT_EQ(one.holds, other.holds);
  EXPECT_EQ(one.bandwidth, 8);
  EXPECT_EQ(other.bandwidth, 8);
}

}  // namespace
}  // namespace vitsim::stats
