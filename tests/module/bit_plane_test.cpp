// SPDX-License-Identifier: Apache-2.0
#include "bit_plane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vitsim::hw {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::int64_t> flags_of(const BitPlane& plane, std::int64_t row) {
  std::vector<std::int64_t> cols;
  plane.for_each(row, [&](std::int64_t col) { cols.push_back(col); });
  return cols;
}

TEST(BitPlaneTest, VisitsTheFlagsOfARowFromTheLeft) {
  BitPlane plane(3, 130);
  for (const std::int64_t col : {129, 0, 64, 63, 5}) {
    plane.set(1, col);
  }
  EXPECT_THAT(flags_of(plane, 0), IsEmpty());
  EXPECT_THAT(flags_of(plane, 1), ElementsAre(0, 5, 63, 64, 129));
  EXPECT_THAT(flags_of(plane, 2), IsEmpty());
  EXPECT_TRUE(plane.test(1, 64));
  EXPECT_FALSE(plane.test(1, 65));
  EXPECT_FALSE(plane.test(0, 64));
}

TEST(BitPlaneTest, AFlagPassesEveryColumnAndThenIsGone) {
  for (const std::int64_t cols : {1, 2, 63, 64, 65, 128, 130}) {
    BitPlane plane(2, cols);
    plane.set(0, 0);
    for (std::int64_t col = 0; col < cols; ++col) {
      EXPECT_THAT(flags_of(plane, 0), ElementsAre(col)) << cols << " columns";
      EXPECT_TRUE(plane.test(0, col));
      EXPECT_THAT(flags_of(plane, 1), IsEmpty());
      plane.shift_right();
    }
    EXPECT_THAT(flags_of(plane, 0), IsEmpty()) << cols << " columns";
  }
}

TEST(BitPlaneTest, RowsShiftTogetherAndAreClearedTogether) {
  BitPlane plane(2, 70);
  plane.set(0, 3);
  plane.set(1, 63);
  plane.shift_right();
  EXPECT_THAT(flags_of(plane, 0), ElementsAre(4));
  EXPECT_THAT(flags_of(plane, 1), ElementsAre(64));
  plane.clear();
  EXPECT_THAT(flags_of(plane, 0), IsEmpty());
  EXPECT_THAT(flags_of(plane, 1), IsEmpty());
}

}  // namespace
}  // namespace vitsim::hw
