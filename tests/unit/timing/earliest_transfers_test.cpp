// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/earliest_transfers.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "vitsim/core/random.h"

namespace vitsim::timing {
namespace {

constexpr auto kLoad = EarliestTransfers::Direction::kLoad;
constexpr auto kStore = EarliestTransfers::Direction::kStore;

config::Accelerator ideal() {
  config::Accelerator machine;
  machine.dram.kind = config::DramKind::kIdeal;
  return machine;
}

/// 32 bytes a cycle, 10 cycles of latency.
config::Accelerator simple() {
  config::Accelerator machine;
  machine.dram.kind = config::DramKind::kSimple;
  machine.dram.bytes_per_cycle = 32;
  machine.dram.latency_cycles = 10;
  return machine;
}

Runs run_of(Bytes bytes) { return {0, 1, bytes, bytes}; }

/// Row by row, burst by burst.
std::int64_t counted(const Runs& runs, Bytes burst_bytes) {
  std::int64_t bursts = 0;
  for (std::int64_t row = 0; row < runs.rows; ++row) {
    for (Bytes done = 0; done < runs.row_bytes; ++bursts) {
      const Bytes address = runs.address + row * runs.pitch + done;
      done += std::min(runs.row_bytes - done, burst_bytes - address % burst_bytes);
    }
  }
  return bursts;
}

TEST(BurstCountTest, IsThatOfAWalkOverTheRows) {
  Random random(1);
  for (int i = 0; i < 3000; ++i) {
    const Bytes row_bytes = random.integer(1, 300);
    const Runs runs{random.integer(0, 500), random.integer(1, 90), row_bytes,
                    row_bytes + random.integer(0, 200)};
    const Bytes burst_bytes = random.integer(8, 128);
    ASSERT_EQ(burst_count(runs, burst_bytes), counted(runs, burst_bytes));
  }
}

TEST(EarliestTransfersTest, ABurstIsSentAnsweredWrittenAndItsWriteAnswered) {
  EXPECT_EQ(EarliestTransfers(kLoad, ideal()).transfer(10, run_of(64)), 11 + 4);
  EXPECT_EQ(EarliestTransfers(kLoad, simple()).transfer(10, run_of(64)), 11 + 1 + 2 + 10 + 3);
}

TEST(EarliestTransfersTest, AStoreIsReadFirstAndItsTokenSetWithTheAnswer) {
  EXPECT_EQ(EarliestTransfers(kStore, ideal()).transfer(10, run_of(64)), 11 + 2 + 2);
  EXPECT_EQ(EarliestTransfers(kStore, simple()).transfer(10, run_of(64)), 11 + 2 + 1 + 2 + 10 + 1);
}

TEST(EarliestTransfersTest, BytesCrossTheBusAtItsBandwidth) {
  EXPECT_EQ(EarliestTransfers(kLoad, simple()).transfer(10, run_of(6400)), 11 + 1 + 200 + 10 + 3);
}

TEST(EarliestTransfersTest, TheNextTransferIsTakenWhenAllBurstsHaveBegun) {
  EarliestTransfers loads(kLoad, ideal());
  EXPECT_EQ(loads.transfer(10, run_of(640)), 11 + 9 + 4);
  EXPECT_EQ(loads.bursts(), 10);
  EXPECT_EQ(loads.transfer(11, run_of(64)), 21 + 4);
  EXPECT_EQ(loads.taken(), 21);
}

TEST(EarliestTransfersTest, OneBurstUnderWayPaysEachRoundTrip) {
  auto machine = simple();
  machine.dma.max_outstanding = 1;
  EarliestTransfers loads(kLoad, machine);
  EXPECT_EQ(loads.transfer(10, run_of(192)), 11 + 3 * (1 + 2 + 10 + 3));
  EXPECT_EQ(loads.transfer(0, run_of(64)), 11 + 4 * (1 + 2 + 10 + 3));
}

TEST(EarliestTransfersTest, WhatIsKnownToHaveCrossedBeforeTakesItsTimeOnTheBus) {
  EarliestTransfers stores(kStore, simple());
  EXPECT_EQ(stores.transfer(8, run_of(3200)), 9 + 2 + 1 + 100 + 10 + 1);
  EarliestTransfers loads(kLoad, simple());
  loads.crossed_before(stores.crossing());
  EXPECT_EQ(loads.transfer(10, run_of(64)), 12 + 100 + 2 + 10 + 3);
}

}  // namespace
}  // namespace vitsim::timing
