// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/partitions.h"

#include <gtest/gtest.h>

namespace vitsim::mapping {
namespace {

using config::TensorKind;

Room room(Bytes weights, Bytes activations, Bytes scores) {
  return Room(weights, 0) + Room(activations, 1) + Room(scores, 2);
}

TEST(Partitions, AllKindsShareAScratchpadThatHasNone) {
  const config::Scratchpad shared;
  EXPECT_EQ(partition_count(shared), 1U);
  for (const TensorKind kind :
       {TensorKind::kWeights, TensorKind::kActivations, TensorKind::kScores}) {
    EXPECT_EQ(partition_of(shared, kind), 0U);
  }
  EXPECT_EQ(capacity_of(shared), Room(200 * 1024));
}

TEST(Partitions, EachKindHasItsOwnInTheOrderOfTheLayout) {
  config::Scratchpad pad;
  pad.partitions = config::Partitions{100, 60, 40, 0, 0, 0};
  EXPECT_EQ(partition_count(pad), 3U);
  EXPECT_EQ(partition_of(pad, TensorKind::kWeights), 0U);
  EXPECT_EQ(partition_of(pad, TensorKind::kActivations), 1U);
  EXPECT_EQ(partition_of(pad, TensorKind::kScores), 2U);
  EXPECT_EQ(capacity_of(pad), room(100 * 1024, 60 * 1024, 40 * 1024));
}

TEST(Partitions, RoomIsAddedAndTakenAwayPartitionByPartition) {
  EXPECT_EQ(room(1, 2, 3) + room(10, 20, 30), room(11, 22, 33));
  EXPECT_EQ(room(10, 20, 30) - room(1, 2, 3), room(9, 18, 27));
  EXPECT_EQ(room(1, 2, 3).total(), 6);
}

TEST(Partitions, WhatFitsFitsEachPartition) {
  EXPECT_TRUE(room(1, 2, 3).fits(room(1, 2, 3)));
  EXPECT_TRUE(Room().fits(Room()));
  EXPECT_FALSE(room(2, 2, 3).fits(room(1, 9, 9)));
  EXPECT_FALSE(room(1, 3, 3).fits(room(9, 2, 9))) << "less in all, but more of activations";
  EXPECT_FALSE(room(1, 2, 4).fits(room(9, 9, 3)));
}

}  // namespace
}  // namespace vitsim::mapping
