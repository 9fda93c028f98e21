// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/roofline.h"

#include <gtest/gtest.h>

namespace vitsim::timing {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr Roofline kRoofline{8192, 25.6};

TEST(RooflineTest, DramBoundsBelowTheRidgeAndTheArrayAboveIt) {
  EXPECT_EQ(kRoofline.ridge(), 320);
  EXPECT_EQ(kRoofline.roof(0), 0);
  EXPECT_EQ(kRoofline.roof(10), 256);
  EXPECT_EQ(kRoofline.roof(319), 319 * 25.6);
  EXPECT_EQ(kRoofline.roof(320), 8192);
  EXPECT_EQ(kRoofline.roof(kInfinite), 8192);
}

TEST(RooflineTest, AnIdealDramBoundsNothing) {
  constexpr Roofline kIdeal{8192};
  EXPECT_EQ(kIdeal.ridge(), 0);
  EXPECT_EQ(kIdeal.roof(0.001), 8192);
  EXPECT_EQ(kIdeal.roof(0), 0) << "without products there are no operations";
}

TEST(RooflineTest, AMachineHasTwoOperationsACycleAndPeAndTheBytesOfItsDram) {
  config::Accelerator machine;
  machine.pe_array.rows = 16;
  machine.pe_array.cols = 8;
  machine.dram.kind = config::DramKind::kSimple;
  machine.dram.bytes_per_cycle = 6.4;
  EXPECT_EQ(roofline_of(machine).peak_operations_per_cycle, 256);
  EXPECT_EQ(roofline_of(machine).peak_bytes_per_cycle, 6.4);
  machine.dram.bytes_per_cycle = 1000;
  machine.dma.burst_bytes = 32;
  EXPECT_EQ(roofline_of(machine).peak_bytes_per_cycle, 32) << "a burst a cycle";
  machine.dram.kind = config::DramKind::kIdeal;
  EXPECT_EQ(roofline_of(machine).peak_bytes_per_cycle, kInfinite);
}

TEST(RooflineTest, APointHasTwoOperationsAMac) {
  const RooflinePoint point = roofline_point(kRoofline, 1000, 100, 50);
  EXPECT_EQ(point.operations_per_byte, 20);
  EXPECT_EQ(point.operations_per_cycle, 40);
  EXPECT_EQ(point.roof, 512);
}

TEST(RooflineTest, WithoutTrafficTheArrayIsTheRoof) {
  const RooflinePoint point = roofline_point(kRoofline, 1000, 0, 50);
  EXPECT_EQ(point.operations_per_byte, kInfinite);
  EXPECT_EQ(point.roof, 8192);
}

}  // namespace
}  // namespace vitsim::timing
