// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/pareto.h"

#include <gmock/gmock.h>

#include "vitsim/core/error.h"
#include "vitsim/core/random.h"

namespace vitsim::sweep {
namespace {

using testing::ElementsAre;

TEST(ParetoTest, AFrontIsWhatNoOtherPointDominates) {
  const std::vector<Costs> points{{3, 1}, {1, 3}, {2, 2}, {3, 3}, {2, 3}};
  EXPECT_THAT(pareto_front(points), ElementsAre(0, 1, 2));
}

TEST(ParetoTest, EqualPointsAreAllOnIt) {
  const std::vector<Costs> points{{1, 2}, {1, 2}, {1, 3}};
  EXPECT_THAT(pareto_front(points), ElementsAre(0, 1));
}

TEST(ParetoTest, WhatIsToBeLargeCostsLess) {
  const std::vector<Objective> objectives{{"totals.cycles", false}, {"totals.top1", true}};
  EXPECT_TRUE(dominates(costs_of(objectives, {10, 0.9}), costs_of(objectives, {10, 0.8})));
  EXPECT_FALSE(dominates(costs_of(objectives, {11, 0.9}), costs_of(objectives, {10, 0.8})));
}

TEST(ParetoTest, FrontsOfRandomPointsAreThoseOfTheDefinition) {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    const auto objectives = static_cast<std::size_t>(random.integer(1, 4));
    std::vector<Costs> points(static_cast<std::size_t>(random.integer(0, 40)));
    for (Costs& point : points) {
      for (std::size_t i = 0; i < objectives; ++i) {
        point.push_back(static_cast<double>(random.integer(0, 9)));
      }
    }
    std::vector<std::size_t> expected;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (std::ranges::none_of(points, [&](const Costs& o) { return dominates(o, points[i]); })) {
        expected.push_back(i);
      }
    }
    EXPECT_EQ(pareto_front(points), expected);
  }
}

TEST(ParetoTest, ObjectivesComeBackFromTheirText) {
  const auto objectives = objectives_in(to_text({{"a.b", false}, {"c", true}}), "x.sqlite");
  ASSERT_EQ(objectives.size(), 2U);
  EXPECT_EQ(objectives[0].key, "a.b");
  EXPECT_TRUE(objectives[1].maximize);
  for (const char* text : {"", "{}", "[1]", R"([["a"]])", R"([["a","least"]])", R"([[1,"min"]])"}) {
    EXPECT_THROW(objectives_in(text, "x.sqlite"), ModelError) << text;
  }
}

}  // namespace
}  // namespace vitsim::sweep
