// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/effects.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>

namespace vitsim::sweep {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Values = std::vector<std::optional<Value>>;

auto effect_is(double mean, std::int64_t points) {
  return AllOf(Field("mean", &Effect::mean, mean), Field("points", &Effect::points, points));
}

auto step_is(double from, double to, std::int64_t pairs, double mean, double least,
             double largest) {
  return AllOf(Field("from", &MarginalCost::from, from), Field("to", &MarginalCost::to, to),
               Field("pairs", &MarginalCost::pairs, pairs),
               Field("mean", &MarginalCost::mean, mean),
               Field("least", &MarginalCost::least, least),
               Field("largest", &MarginalCost::largest, largest));
}

std::vector<MarginalCost> costs(const std::vector<Values>& others, const std::vector<double>& sizes,
                                const std::vector<double>& objective) {
  std::vector<Levels> levels;
  for (const Values& other : others) {
    levels.push_back(levels_of(other));
  }
  std::vector<const Levels*> pointers;
  for (const Levels& one : levels) {
    pointers.push_back(&one);
  }
  return marginal_costs(pointers, sizes, objective);
}

TEST(EffectsTest, LevelsAreEachValueOnceNumbersUpwardsThenWords) {
  const Levels levels = levels_of(
      Values{64.0, std::string("b"), 8.0, std::nullopt, 64.0, std::string("a"), kNone, kInfinity});
  EXPECT_THAT(levels.values, ElementsAre(Value(8.0), Value(64.0), Value(std::string("a")),
                                         Value(std::string("b"))));
  EXPECT_THAT(levels.of_points, ElementsAre(1, 3, 0, -1, 1, 2, -1, -1));
}

TEST(EffectsTest, AnEffectIsTheMeanOverThePointsThatHaveTheValueAndANumber) {
  const Levels rows = levels_of(Values{8.0, 8.0, 16.0, 16.0, std::nullopt, 32.0});
  const std::vector<double> cycles{10, 20, 7, kNone, 1000, kNone};
  EXPECT_THAT(main_effects(rows, cycles),
              ElementsAre(effect_is(15, 2), effect_is(7, 1), effect_is(0, 0)));
}

TEST(EffectsTest, AMarginalCostComparesPointsThatDifferInNothingElse) {
  const Values rows{8.0, 8.0, 16.0, 16.0};
  EXPECT_THAT(costs({rows}, {64, 128, 64, 128}, {1000, 680, 500, 436}),
              ElementsAre(step_is(64, 128, 2, -3, -5, -1)));
  EXPECT_THAT(costs({Values{8.0, 16.0}}, {64, 128}, {1000, 680}), IsEmpty());
}

TEST(EffectsTest, EachSizeIsComparedWithTheNextThatThePointsHave) {
  EXPECT_THAT(
      costs({}, {256, 64, 128}, {20, 100, 36}),
      ElementsAre(step_is(64, 128, 1, -1, -1, -1), step_is(128, 256, 1, -0.125, -0.125, -0.125)));
  const Values rows{8.0, 8.0, 16.0, 16.0};
  EXPECT_THAT(costs({rows}, {64, 128, 64, 256}, {64, 0, 192, 0}),
              ElementsAre(step_is(64, 128, 1, -1, -1, -1), step_is(64, 256, 1, -1, -1, -1)));
}

TEST(EffectsTest, PointsOfOneSizeCountByTheirMean) {
  // 32 x 64 and 64 x 32 PEs.
  EXPECT_THAT(costs({}, {1024, 2048, 2048}, {2048, 1100, 948}),
              ElementsAre(step_is(1024, 2048, 1, -1, -1, -1)));
}

TEST(EffectsTest, PointsWithoutASizeOrAnObjectiveDoNotCount) {
  EXPECT_THAT(costs({}, {64, 128, 256, kNone}, {100, kNone, 4, 5}),
              ElementsAre(step_is(64, 256, 1, -0.5, -0.5, -0.5)));
  EXPECT_THAT(costs({}, {}, {}), IsEmpty());
}

TEST(EffectsTest, WhatIsAbsentIsEqualToWhatIsAbsentAlone) {
  const Values blocks{std::nullopt, std::nullopt, 4.0};
  EXPECT_THAT(costs({blocks}, {1, 2, 3}, {10, 8, 0}), ElementsAre(step_is(1, 2, 1, -2, -2, -2)));
}

}  // namespace
}  // namespace vitsim::sweep
