// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/random.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include <gmock/gmock.h>

namespace vitsim {
namespace {

TEST(Random, GivesThePublishedSequenceOfXoshiro256StarStarSeededBySplitmix64) {
  Random random(0);
  EXPECT_EQ(random.next(), 0x99ec5f36cb75f2b4U);
  EXPECT_EQ(random.next(), 0xbf6e1f784956452aU);
  EXPECT_EQ(random.next(), 0x1a5f849d4933e6e0U);
}

TEST(Random, ReachesBothEndsOfARangeAndAboutEquallyOften) {
  Random random(1);
  std::array<int, 5> counts{};
  for (int i = 0; i < 50000; ++i) {
    const std::int64_t number = random.integer(-2, 2);
    ASSERT_GE(number, -2);
    ASSERT_LE(number, 2);
    ++counts[static_cast<std::size_t>(number + 2)];
  }
  for (const int count : counts) {
    EXPECT_NEAR(count, 10000, 500);
  }
}

TEST(Random, TakesARangeOfOneNumberAndTheWholeRange) {
  Random random(2);
  EXPECT_EQ(random.integer(7, 7), 7);
  std::int64_t all_bits = 0;
  for (int i = 0; i < 100; ++i) {
    all_bits |= random.integer(std::numeric_limits<std::int64_t>::min(),
                               std::numeric_limits<std::int64_t>::max());
  }
  EXPECT_EQ(all_bits, -1);
}

TEST(Random, DoesNotPreferSmallNumbersOfARangeThatIsThreeQuartersOfAll) {
  Random random(3);
  const std::int64_t low = std::numeric_limits<std::int64_t>::min();
  const std::int64_t high = std::numeric_limits<std::int64_t>::max() / 2;
  int in_first_third = 0;
  for (int i = 0; i < 30000; ++i) {
    in_first_third += random.integer(low, high) < low / 2 ? 1 : 0;
  }
  EXPECT_NEAR(in_first_third, 10000, 500);
}

TEST(Random, UniformNumbersAreMultiplesOf2ToTheMinus24BelowOne) {
  Random random(4);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const float number = random.uniform();
    ASSERT_GE(number, 0.0F);
    ASSERT_LT(number, 1.0F);
    ASSERT_EQ(std::floor(number * 0x1p24F), number * 0x1p24F);
    sum += number;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.02);
}

TEST(Random, NormalNumbersHaveMeanZeroAndVarianceOne) {
  Random random(5);
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < 20000; ++i) {
    const double number = random.normal();
    sum += number;
    squares += number * number;
  }
  EXPECT_NEAR(sum / 20000, 0, 0.03);
  EXPECT_NEAR(squares / 20000, 1, 0.05);
}

}  // namespace
}  // namespace vitsim
