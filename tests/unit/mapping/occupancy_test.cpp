// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/occupancy.h"

#include <numeric>

#include <gmock/gmock.h>

#include "vitsim/core/random.h"

namespace vitsim::mapping {

bool operator==(const Occupation& a, const Occupation& b) {
  return a.begin == b.begin && a.end == b.end && a.bytes == b.bytes;
}
std::ostream& operator<<(std::ostream& out, const Occupation& occupation) {
  return out << occupation.bytes << " bytes in [" << occupation.begin << ", " << occupation.end
             << ")";
}

namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

/// Tensors of single bytes, 8 a row; commands are released and done in given cycles.
class OccupancyTest : public testing::Test {
 protected:
  OccupancyTest() {
    graph_.tensors = {{"a", model::Role::kActivation, 8, 8, 8, 1},
                      {"b", model::Role::kActivation, 8, 8, 8, 1}};
    graph_.input = 0;
    program_.placements.resize(2);
  }

  /// Rows [row, row + rows) of a tensor whose row `row` lies at `address`, rows 16 bytes apart.
  static Operand tile(model::TensorId tensor, std::int64_t row, std::int64_t rows, Bytes address) {
    return {{address, rows, 8, 16}, {tensor, row, 0, rows, 8}, 1};
  }
  void load(const Operand& operand, Cycles released, Cycles done) {
    add(Unit::kDmaLoad, Transfer{{}, operand}, released, done);
  }
  void store(const Operand& operand, Cycles released, Cycles done) {
    add(Unit::kDmaStore, Transfer{{}, operand}, released, done);
  }
  void rows(const Operand& in, const Operand& out, Cycles released, Cycles done) {
    RowsTile work;
    work.in = in;
    work.out = out;
    add(Unit::kGeluUnit, work, released, done);
  }
  Token token(Cycles set) {
    schedule_.set.push_back(set);
    return static_cast<Token>(schedule_.set.size()) - 1;
  }
  void add(Unit unit, const Work& work, Cycles released, Cycles done) {
    Command command;
    command.unit = unit;
    command.work = work;
    command.done = token(done);
    program_.commands.push_back(std::move(command));
    schedule_.released.push_back(released);
  }
  [[nodiscard]] std::vector<Occupation> found() const {
    return occupations(graph_, program_, schedule_);
  }

  model::Graph graph_;
  Program program_;
  Schedule schedule_;
};

TEST_F(OccupancyTest, ATileIsOccupiedFromTheReleaseOfItsLoadToTheEndOfItsLastReader) {
  load(tile(0, 0, 4, 0), 10, 30);
  rows(tile(0, 0, 4, 0), tile(1, 0, 4, 64), 31, 50);
  store(tile(1, 0, 4, 64), 51, 80);
  EXPECT_THAT(found(), UnorderedElementsAre(Occupation{10, 50, 32}, Occupation{31, 80, 32}));
}

TEST_F(OccupancyTest, WhatNobodyReadsIsOccupiedWhileItIsWritten) {
  load(tile(0, 0, 2, 0), 5, 9);
  EXPECT_THAT(found(), ElementsAre(Occupation{5, 9, 16}));
}

TEST_F(OccupancyTest, AReaderOfAPartKeepsTheTile) {
  load(tile(0, 0, 4, 0), 0, 10);
  store(tile(0, 3, 1, 48), 20, 25);
  store(tile(0, 0, 1, 0), 11, 15);
  EXPECT_THAT(found(), ElementsAre(Occupation{0, 25, 32}));
}

TEST_F(OccupancyTest, AReaderOfTwoTilesKeepsBoth) {
  load(tile(0, 0, 2, 0), 0, 10);
  load(tile(0, 2, 2, 32), 1, 12);
  store(tile(0, 1, 2, 16), 13, 20);
  EXPECT_THAT(found(), UnorderedElementsAre(Occupation{0, 20, 16}, Occupation{1, 20, 16}));
}

TEST_F(OccupancyTest, ATileThatIsLoadedAgainIsAnotherOne) {
  for (const Cycles start : {0, 100}) {
    load(tile(0, 0, 2, 0), start, start + 10);
    store(tile(0, 0, 2, 0), start + 11, start + 20);
  }
  EXPECT_THAT(found(), UnorderedElementsAre(Occupation{0, 20, 16}, Occupation{100, 120, 16}));
}

TEST_F(OccupancyTest, TheSameTileInAnotherSlotIsAnotherOne) {
  load(tile(0, 0, 2, 0), 0, 10);
  load(tile(0, 0, 2, 64), 20, 30);
  store(tile(0, 0, 2, 64), 31, 40);
  EXPECT_THAT(found(), UnorderedElementsAre(Occupation{0, 10, 16}, Occupation{20, 40, 16}));
}

TEST_F(OccupancyTest, AnOperandOfAProductIsFreeWhenItsLastByteHasBeenRead) {
  load(tile(0, 0, 2, 0), 0, 10);
  load(tile(1, 0, 2, 32), 0, 12);
  MatmulTile product;
  product.lhs = tile(0, 0, 2, 0);
  product.rhs = tile(1, 0, 2, 32);
  product.lhs_read = token(20);
  product.rhs_read = token(25);
  add(Unit::kPeArray, product, 13, 60);
  EXPECT_THAT(found(), UnorderedElementsAre(Occupation{0, 20, 16}, Occupation{0, 25, 16}));
}

TEST_F(OccupancyTest, AnInputThatTheHostWritesIsThereFromTheFirstCycle) {
  program_.placements[0] = {true, -1, {0, 8, 8, 16}};
  store(tile(0, 0, 8, 0), 40, 70);
  EXPECT_THAT(found(), ElementsAre(Occupation{0, 70, 64}));
}

TEST(MeanOccupiedTest, IsTheAreaOfAWindowOverItsLength) {
  EXPECT_THAT(mean_occupied({{2, 6, 8}}, 4, 10), ElementsAre(4, 4, 0));
  EXPECT_THAT(mean_occupied({{0, 10, 8}}, 4, 10), ElementsAre(8, 8, 8));
  EXPECT_THAT(mean_occupied({{9, 10, 8}}, 4, 10), ElementsAre(0, 0, 4));
  EXPECT_THAT(mean_occupied({{0, 4, 8}, {4, 8, 6}}, 4, 8), ElementsAre(8, 6));
}

TEST(MeanOccupiedTest, AddsUpToTheAreaOfAllOccupations) {
  Random random(3);
  for (int round = 0; round < 100; ++round) {
    const Cycles cycles = random.integer(1, 300);
    const Cycles window = random.integer(1, 40);
    std::vector<Occupation> occupations;
    double area = 0;
    for (int i = 0; i < 20; ++i) {
      const Cycles begin = random.integer(0, cycles);
      occupations.push_back({begin, random.integer(begin, cycles), random.integer(0, 100)});
      area += static_cast<double>(occupations.back().bytes * (occupations.back().end - begin));
    }
    double sum = 0;
    const auto means = mean_occupied(occupations, window, cycles);
    for (std::size_t i = 0; i < means.size(); ++i) {
      const Cycles left = cycles - static_cast<Cycles>(i) * window;
      sum += means[i] * static_cast<double>(std::min(window, left));
    }
    ASSERT_NEAR(sum, area, 1e-6 * (1 + area)) << "round " << round;
  }
}

TEST(MostOccupiedTest, WhatEndsMakesRoomForWhatBeginsInTheSameCycle) {
  EXPECT_EQ(most_occupied({{0, 10, 8}, {10, 20, 8}}), 8);
  EXPECT_EQ(most_occupied({{0, 11, 8}, {10, 20, 8}}), 16);
  EXPECT_EQ(most_occupied({}), 0);
}

}  // namespace
}  // namespace vitsim::mapping
