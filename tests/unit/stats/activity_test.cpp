// SPDX-License-Identifier: Apache-2.0
#include "vitsim/stats/activity.h"

#include <gtest/gtest.h>

namespace vitsim::stats {
namespace {

Cycles stalls(const Activity& activity, std::size_t layer, StallCause cause) {
  return activity.by_layer()[layer].stalls[static_cast<std::size_t>(cause)];
}

TEST(Activity, AStateHoldsUntilTheNextOneIsSet) {
  Activity activity(2);
  activity.busy(10, 0);
  activity.stall(13, 1, StallCause::kDram);
  activity.idle(20);
  activity.account(100);
  EXPECT_EQ(activity.by_layer()[0].busy, 3);
  EXPECT_EQ(stalls(activity, 1, StallCause::kDram), 7);
  EXPECT_EQ(activity.total().busy, 3);
}

TEST(Activity, TheLastStateCountsUpToTheCycleBeforeTheAccount) {
  Activity activity(1);
  activity.busy(4, 0);
  activity.account(9);
  EXPECT_EQ(activity.total().busy, 5);
  activity.account(9);
  EXPECT_EQ(activity.total().busy, 5) << "a cycle counts once";
}

TEST(Activity, IdleCyclesOfABlockedUnitAreStallsOfTheLayerThatWaits) {
  Activity activity(3);
  activity.block(5, 2, StallCause::kWaitDmaLoad);
  activity.busy(10, 0);
  activity.idle(12);
  activity.unblock(20);
  activity.account(30);
  EXPECT_EQ(stalls(activity, 2, StallCause::kWaitDmaLoad), 5 + 8);
  EXPECT_EQ(activity.by_layer()[0].busy, 2);
}

TEST(Activity, WhatTheUnitDoesGoesBeforeWhatItsNextCommandWaitsFor) {
  Activity activity(2);
  activity.busy(0, 0);
  activity.block(4, 1, StallCause::kWaitPeArray);
  activity.stall(6, 0, StallCause::kScratchpadRead);
  activity.account(10);
  EXPECT_EQ(activity.by_layer()[0].busy, 6);
  EXPECT_EQ(stalls(activity, 0, StallCause::kScratchpadRead), 4);
  EXPECT_EQ(stalls(activity, 1, StallCause::kWaitPeArray), 0);
}

TEST(Activity, ResetForgetsCountsStatesAndBlocks) {
  Activity activity(1);
  activity.busy(0, 0);
  activity.block(1, 0, StallCause::kWaitPeArray);
  activity.account(5);
  activity.reset();
  activity.account(50);
  EXPECT_EQ(activity.total().busy, 0);
  EXPECT_EQ(stalls(activity, 0, StallCause::kWaitPeArray), 0);
  EXPECT_EQ(activity.state(), "idle");
}

TEST(Activity, NamesItsStateForReportsOnADeadlock) {
  Activity activity(1);
  EXPECT_EQ(activity.state(), "idle");
  activity.block(0, 0, StallCause::kWaitSoftmaxUnit);
  EXPECT_EQ(activity.state(), "wait_softmax_unit");
  activity.busy(1, 0);
  EXPECT_EQ(activity.state(), "busy");
  activity.stall(2, 0, StallCause::kOutputFull);
  EXPECT_EQ(activity.state(), "output_full");
}

TEST(CycleCount, AddsBusyCyclesAndEachCause) {
  CycleCount sum;
  CycleCount other;
  other.busy = 3;
  other.stalls.front() = 1;
  other.stalls.back() = 2;
  sum += other;
  sum += other;
  EXPECT_EQ(sum.busy, 6);
  EXPECT_EQ(sum.stalls.front(), 2);
  EXPECT_EQ(sum.stalls.back(), 4);
}

TEST(StallCause, EveryCauseHasAName) {
  EXPECT_EQ(static_cast<std::size_t>(StallCause::kSums) + 1, kStallCauseCount);
  for (const auto name : kStallCauseNames) {
    EXPECT_FALSE(name.empty());
  }
}

}  // namespace
}  // namespace vitsim::stats
