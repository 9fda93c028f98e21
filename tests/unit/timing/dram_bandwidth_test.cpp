// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/dram_bandwidth.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace vitsim::timing
