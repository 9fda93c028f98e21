// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/divider.h"

#include <gtest/gtest.h>

namespace vitsim {
namespace {

TEST(Divider, AgreesWithTheOperatorsForPowersOfTwoAndOthers) {
  for (const std::int64_t divisor : {1, 2, 3, 4, 7, 8, 12, 16, 63, 64, 1000}) {
    const Divider divider(divisor);
    for (std::int64_t number = 0; number < 4000; ++number) {
      ASSERT_EQ(divider.quotient(number), number / divisor) << number << " / " << divisor;
      ASSERT_EQ(divider.rest(number), number % divisor) << number << " / " << divisor;
    }
    const std::int64_t large = (std::int64_t{1} << 40) + 5;
    EXPECT_EQ(divider.quotient(large), large / divisor);
    EXPECT_EQ(divider.rest(large), large % divisor);
  }
}

}  // namespace
}  // namespace vitsim
