// SPDX-License-Identifier: Apache-2.0
#include "skew.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vitsim::hw {
namespace {

using testing::Each;
using testing::ElementsAre;

void put(Skew<int>& skew, int a, int b, int c) {
  skew.put(0, a);
  skew.put(1, b);
  skew.put(2, c);
}

TEST(SkewTest, LaneIComesOutICyclesAfterItWentIn) {
  Skew<int> skew(3, false);
  put(skew, 1, 2, 3);
  EXPECT_THAT(skew.out(), ElementsAre(1, 0, 0));
  skew.step();
  put(skew, 4, 5, 6);
  EXPECT_THAT(skew.out(), ElementsAre(4, 2, 0));
  skew.step();
  EXPECT_THAT(skew.out(), ElementsAre(0, 5, 3));
  skew.step();
  EXPECT_THAT(skew.out(), ElementsAre(0, 0, 6));
  skew.step();
  EXPECT_THAT(skew.out(), Each(0));
}

TEST(SkewTest, ReversedTheFirstLaneWaitsLongest) {
  Skew<int> skew(3, true);
  put(skew, 1, 2, 3);
  EXPECT_THAT(skew.out(), ElementsAre(0, 0, 3));
  skew.step();
  EXPECT_THAT(skew.out(), ElementsAre(0, 2, 0));
  skew.step();
  EXPECT_THAT(skew.out(), ElementsAre(1, 0, 0));
}

TEST(SkewTest, ASingleLaneComesOutAtOnce) {
  for (const bool reversed : {false, true}) {
    Skew<int> skew(1, reversed);
    for (const int value : {1, 2, 3}) {
      skew.put(0, value);
      EXPECT_THAT(skew.out(), ElementsAre(value));
      skew.step();
    }
  }
}

TEST(SkewTest, ClearedNothingIsOnItsWay) {
  Skew<int> skew(3, false);
  put(skew, 1, 2, 3);
  skew.step();
  skew.clear();
  for (int cycle = 0; cycle < 3; ++cycle) {
    EXPECT_THAT(skew.out(), Each(0));
    skew.step();
  }
}

}  // namespace
}  // namespace vitsim::hw
