// SPDX-License-Identifier: Apache-2.0
#include "vitsim/stats/pe_cycles.h"

#include <initializer_list>
#include <utility>

#include <gtest/gtest.h>

namespace vitsim::stats {
namespace {

constexpr std::int64_t kPes = 10;

CycleCount count(Cycles busy, std::initializer_list<std::pair<StallCause, Cycles>> stalls) {
  CycleCount count;
  count.busy = busy;
  for (const auto& [cause, cycles] : stalls) {
    count.stalls[static_cast<std::size_t>(cause)] = cycles;
  }
  return count;
}

TEST(PeCyclesTest, AddUpToAllPesInAllCyclesOfTheWindow) {
  const CycleCount own =
      count(20, {{StallCause::kDrain, 7}, {StallCause::kWeightLoad, 5}, {StallCause::kDram, 1}});
  const PeCycles pe_cycles = stats::pe_cycles({100, own, 60}, 150, kPes);
  EXPECT_EQ(pe_cycles.total(), 100 * kPes);
}

TEST(PeCyclesTest, CyclesInWhichOperandsEnterAreUsefulOrAtTheEdge) {
  const PeCycles pe_cycles = stats::pe_cycles({20, count(20, {}), 20}, 150, kPes);
  EXPECT_EQ(pe_cycles[PeUse::kUseful], 150);
  EXPECT_EQ(pe_cycles[PeUse::kEdgeTiles], 20 * kPes - 150);
  EXPECT_EQ(pe_cycles[PeUse::kIdle], 0);
}

TEST(PeCyclesTest, EveryCauseOfAStallHasItsUse) {
  const auto use_of = [](StallCause cause) {
    const PeCycles pe_cycles = stats::pe_cycles({3, count(0, {{cause, 3}}), 3}, 0, kPes);
    for (std::size_t use = 0; use < kPeUseCount; ++use) {
      if (pe_cycles.uses[use] == 3 * kPes) {
        return static_cast<PeUse>(use);
      }
    }
    return PeUse::kIdle;
  };
  EXPECT_EQ(use_of(StallCause::kWeightLoad), PeUse::kWeightLoad);
  EXPECT_EQ(use_of(StallCause::kDrain), PeUse::kFillAndDrain);
  EXPECT_EQ(use_of(StallCause::kStreamOperand), PeUse::kOperandWait);
  EXPECT_EQ(use_of(StallCause::kStationaryOperand), PeUse::kOperandWait);
  EXPECT_EQ(use_of(StallCause::kWaitDmaLoad), PeUse::kOperandWait);
  EXPECT_EQ(use_of(StallCause::kWaitSoftmaxUnit), PeUse::kOperandWait);
  EXPECT_EQ(use_of(StallCause::kOutputFull), PeUse::kOutputWait);
  EXPECT_EQ(use_of(StallCause::kWaitDmaStore), PeUse::kOutputWait);
}

TEST(PeCyclesTest, WhatTheArrayDidForOthersAndForNobodyIsToldApart) {
  const PeCycles pe_cycles = stats::pe_cycles({50, count(10, {}), 30}, 100, kPes);
  EXPECT_EQ(pe_cycles[PeUse::kOtherLayers], 20 * kPes);
  EXPECT_EQ(pe_cycles[PeUse::kIdle], 20 * kPes);
}

TEST(PeCyclesTest, ReadingsInOrderSeeOwnCyclesAndThoseOfAll) {
  Activity activity(2);
  activity.busy(0, 0);
  const auto start = activity.read(4, 1);
  activity.busy(10, 1);
  activity.stall(13, 1, StallCause::kDrain);
  activity.idle(15);
  const ArrayWindow window = window_between(start, activity.read(20, 1));
  EXPECT_EQ(window.cycles, 16);
  EXPECT_EQ(window.own.busy, 3);
  EXPECT_EQ(window.own.total(), 5);
  EXPECT_EQ(window.accounted, 6 + 5);
}

}  // namespace
}  // namespace vitsim::stats
