// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/dram_bandwidth.h"

#include <gtest/gtest.h>

#include "vitsim/timing/clock_ratio.h"

namespace vitsim::timing {
namespace {

config::Accelerator machine_with(config::DramKind kind, double bytes_per_cycle, int burst_bytes) {
  config::Accelerator machine;
  machine.dram.kind = kind;
  machine.dram.bytes_per_cycle = bytes_per_cycle;
  machine.dma.burst_bytes = burst_bytes;
  return machine;
}

TEST(DramBandwidthTest, IsThatOfTheBusWhereBurstsAreLonger) {
  EXPECT_EQ(peak_bytes_per_cycle(machine_with(config::DramKind::kSimple, 25.6, 64)), 25.6);
}

TEST(DramBandwidthTest, IsNoMoreThanABurstACycle) {
  EXPECT_EQ(peak_bytes_per_cycle(machine_with(config::DramKind::kSimple, 100, 64)), 64);
  EXPECT_EQ(peak_bytes_per_cycle(machine_with(config::DramKind::kIdeal, 1, 32)), 32);
}

TEST(DramBandwidthTest, OfAPresetIsWhatItsBusesMoveInACoreCycle) {
  config::Accelerator machine = machine_with(config::DramKind::kDdr4At2400, 1, 4096);
  EXPECT_DOUBLE_EQ(peak_bytes_per_cycle(machine), 8 * 2400 / 500.0);
  machine.clock_mhz = 1200;
  EXPECT_DOUBLE_EQ(peak_bytes_per_cycle(machine), 16);
  machine.dram.kind = config::DramKind::kLpddr5At6400;
  EXPECT_DOUBLE_EQ(peak_bytes_per_cycle(machine), 2 * 2 * 6400 / 1200.0);
  machine.dram.kind = config::DramKind::kHbm2;
  EXPECT_DOUBLE_EQ(peak_bytes_per_cycle(machine), 256000 / 1200.0);
  machine.dram.set.channels = 1;
  EXPECT_DOUBLE_EQ(peak_bytes_per_cycle(machine), 16000 / 1200.0);
  machine.dma.burst_bytes = 8;
  EXPECT_DOUBLE_EQ(peak_bytes_per_cycle(machine), 8);
}

TEST(ClockRatioTest, OneToOneEdgesAreCycles) {
  const ClockRatio ratio(500, 500);
  EXPECT_EQ(ratio.first_edge(7), 7);
  EXPECT_EQ(ratio.cycle_of(7), 7);
  EXPECT_EQ(ratio.cycle_from(7), 7);
}

TEST(ClockRatioTest, TwelveEdgesFallIntoFiveCycles) {
  const ClockRatio ratio(1200, 500);
  EXPECT_EQ(ratio.first_edge(1), 3) << "cycle 1 begins at edge 2.4";
  EXPECT_EQ(ratio.first_edge(5), 12);
  EXPECT_EQ(ratio.cycle_of(2), 0);
  EXPECT_EQ(ratio.cycle_of(3), 1);
  EXPECT_EQ(ratio.cycle_from(3), 2) << "edge 3 is behind the beginning of cycle 1";
  EXPECT_EQ(ratio.cycle_from(12), 5);
}

TEST(ClockRatioTest, OddRatiosNeverAddUpErrors) {
  const ClockRatio ratio(1066.667, 599.999);
  for (const Cycles cycle : {Cycles{0}, Cycles{1}, Cycles{599999}, Cycles{599999} * 12345}) {
    const Edge edge = ratio.first_edge(cycle);
    EXPECT_GE(edge * 599999, cycle * 1066667);
    EXPECT_LT((edge - 1) * 599999, cycle * 1066667);
    EXPECT_EQ(ratio.cycle_of(edge), edge * 599999 / 1066667);
  }
  EXPECT_EQ(ratio.first_edge(Cycles{599999} * 12345), Edge{1066667} * 12345);
}

}  // namespace
}  // namespace vitsim::timing
