// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/row_unit.h"

#include <gtest/gtest.h>

namespace vitsim::timing {
namespace {

TEST(RowGroups, RoundUpToTheLanes) {
  const RowUnit unit{.lanes = 16};
  EXPECT_EQ(row_groups(1, unit), 1);
  EXPECT_EQ(row_groups(15, unit), 1);
  EXPECT_EQ(row_groups(16, unit), 1);
  EXPECT_EQ(row_groups(17, unit), 2);
  EXPECT_EQ(row_groups(197, unit), 13);
}

TEST(RowInterval, IsTheGroupsTimesTheSlowerOfLanesAndReads) {
  EXPECT_EQ(row_interval(20, {.lanes = 16}), 2);
  EXPECT_EQ(row_interval(20, {.lanes = 16, .initiation_interval = 3}), 6);
  EXPECT_EQ(row_interval(20, {.lanes = 16, .reads = 2}), 4);
  EXPECT_EQ(row_interval(20, {.lanes = 16, .initiation_interval = 3, .reads = 2}), 6);
}

TEST(RowLatency, IsThePipelineAndAnIntervalForEachFurtherPass) {
  EXPECT_EQ(row_latency(20, {.lanes = 16, .latency_cycles = 8}), 8);
  EXPECT_EQ(row_latency(20, {.lanes = 16, .passes = 3, .latency_cycles = 8}), 2 * 2 + 8);
  EXPECT_EQ(
      row_latency(20, {.lanes = 16, .initiation_interval = 5, .passes = 2, .latency_cycles = 1}),
      10 + 1);
}

TEST(RowsCycles, AreAllRowsInTheLatencyAndTheLastRowOut) {
  const RowUnit unit{.lanes = 16, .passes = 3, .latency_cycles = 8};
  EXPECT_EQ(rows_cycles(1, 1, unit), 1 + (2 * 1 + 8) + 1);
  EXPECT_EQ(rows_cycles(197, 197, unit), 197 * 13 + (2 * 13 + 8) + 13);
  // The last group is read in one of its five cycles.
  const RowUnit slow{.lanes = 16, .initiation_interval = 5, .passes = 2, .latency_cycles = 1};
  EXPECT_EQ(rows_cycles(3, 20, slow), 3 * 10 - 4 + (10 + 1) + 2);
}

TEST(RowsCycles, TheRestOfTheLastGroupsInitiationIntervalDoesNotCount) {
  const RowUnit slow{.lanes = 16, .initiation_interval = 5, .latency_cycles = 8};
  EXPECT_EQ(rows_cycles(3, 16, slow), 3 * 5 - 4 + 8 + 1);
  const RowUnit two_reads{.lanes = 16, .initiation_interval = 5, .latency_cycles = 8, .reads = 2};
  EXPECT_EQ(rows_cycles(3, 16, two_reads), 3 * 5 - 3 + 8 + 1);
}

}  // namespace
}  // namespace vitsim::timing
