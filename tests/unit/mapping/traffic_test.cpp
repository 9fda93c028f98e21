// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/traffic.h"

#include <gmock/gmock.h>

#include "vitsim/core/random.h"

namespace vitsim::mapping {
namespace {

/// in [4 x 8] x weight [8 x 6] -> hidden [4 x 6], of 2 bytes; gelu of it -> out, the logits.
model::Graph two_operators() {
  model::Graph graph;
  graph.tensors = {{"in", model::Role::kInput, 4, 8, 8, 1},
                   {"weight", model::Role::kConstant, 8, 6, 8, 1},
                   {"hidden", model::Role::kActivation, 4, 6, 16, 2},
                   {"out", model::Role::kActivation, 4, 6, 16, 2}};
  graph.input = 0;
  graph.logits = 3;
  graph.ops.push_back({.name = "product",
                       .layer = "product",
                       .out = {2, 0, 0, 4, 6},
                       .work = model::Matmul{.lhs = {0, 0, 0, 4, 8}, .rhs = {1, 0, 0, 8, 6}}});
  graph.ops.push_back({.name = "gelu",
                       .layer = "gelu",
                       .out = {3, 0, 0, 4, 6},
                       .work = model::Gelu{.in = {2, 0, 0, 4, 6}, .kernel = {}}});
  return graph;
}

Command transfer(Unit unit, const model::View& tile, Bytes row_bytes) {
  Command command;
  command.unit = unit;
  command.work =
      Transfer{{0, tile.rows, row_bytes, row_bytes}, {{0, tile.rows, row_bytes, 64}, tile}};
  return command;
}

TEST(TrafficTest, CompulsoryIsWhatIsReadOfConstantsAndInputAndWhatIsWrittenOfTheLogits) {
  Program program;
  program.placements.resize(4);
  const auto traffic = traffic_of(two_operators(), program);
  EXPECT_EQ(traffic[0].compulsory_bytes, 32);
  EXPECT_EQ(traffic[1].compulsory_bytes, 48);
  EXPECT_EQ(traffic[2].compulsory_bytes, 0) << "it could stay on the chip";
  EXPECT_EQ(traffic[2].distinct_bytes, 48);
  EXPECT_EQ(traffic[3].compulsory_bytes, 48);
  EXPECT_EQ(traffic[3].actual_bytes(), 0);
}

TEST(TrafficTest, WhatNobodyReadsOfAConstantIsNotCompulsory) {
  model::Graph graph = two_operators();
  std::get<model::Matmul>(graph.ops[0].work).rhs = {1, 0, 0, 8, 5};
  const auto traffic = traffic_of(graph, Program{});
  EXPECT_EQ(traffic[1].compulsory_bytes, 40);
  EXPECT_EQ(traffic[1].distinct_bytes, 40);
}

TEST(TrafficTest, LoadsAndStoresCountByTensorAndDirection) {
  Program program;
  program.commands = {transfer(Unit::kDmaLoad, {0, 0, 0, 4, 8}, 8),
                      transfer(Unit::kDmaLoad, {0, 2, 0, 2, 8}, 8),
                      transfer(Unit::kDmaStore, {2, 0, 0, 4, 6}, 12),
                      transfer(Unit::kDmaLoad, {2, 0, 0, 1, 6}, 12)};
  const auto traffic = traffic_of(two_operators(), program);
  EXPECT_EQ(traffic[0].read_bytes, 48);
  EXPECT_EQ(traffic[0].loads, 2);
  EXPECT_EQ(traffic[0].write_bytes, 0);
  EXPECT_EQ(traffic[0].avoidable_bytes(), 16);
  EXPECT_EQ(traffic[2].read_bytes, 12);
  EXPECT_EQ(traffic[2].write_bytes, 48);
  EXPECT_EQ(traffic[2].stores, 1);
  EXPECT_EQ(traffic[2].avoidable_bytes(), 60);
  EXPECT_EQ(traffic[1].actual_bytes(), 0);
}

TEST(TrafficTest, KindsAreThoseThatReportsName) {
  const model::Graph graph = two_operators();
  EXPECT_EQ(kind_of_tensor(graph, 0), "input");
  EXPECT_EQ(kind_of_tensor(graph, 1), "constant");
  EXPECT_EQ(kind_of_tensor(graph, 2), "activation");
  EXPECT_EQ(kind_of_tensor(graph, 3), "logits");
}

TEST(ElementsCoveredTest, CountsEachElementOnceHoweverManyWindowsShowIt) {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    constexpr std::int64_t kSide = 12;
    std::vector<model::View> windows;
    std::vector<bool> seen(kSide * kSide);
    for (std::int64_t i = random.integer(0, 6); i > 0; --i) {
      const std::int64_t row = random.integer(0, kSide - 1);
      const std::int64_t col = random.integer(0, kSide - 1);
      windows.push_back(
          {0, row, col, random.integer(1, kSide - row), random.integer(1, kSide - col)});
      for (std::int64_t r = row; r < row + windows.back().rows; ++r) {
        for (std::int64_t c = col; c < col + windows.back().cols; ++c) {
          seen[static_cast<std::size_t>(r * kSide + c)] = true;
        }
      }
    }
    ASSERT_EQ(elements_covered(windows), std::ranges::count(seen, true)) << "round " << round;
  }
}

}  // namespace
}  // namespace vitsim::mapping
