// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/int_exp.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <gmock/gmock.h>

#include "vitsim/core/error.h"

namespace vitsim::kernels {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();

/// The formula in long double, exact for the numbers tested here.
std::int64_t formula(std::int64_t x, std::int64_t x0, int n) {
  const auto floor = [](long double value) { return std::floor(value); };
  long double y = static_cast<long double>(x) + floor(static_cast<long double>(x) / 2) -
                  floor(static_cast<long double>(x) / 16);
  y = std::max(y, static_cast<long double>(n * x0));
  const long double q = floor(y / static_cast<long double>(x0));
  const long double r = y - q * static_cast<long double>(x0);
  const long double e = floor((r / 2 - static_cast<long double>(x0)) *
                              std::pow(2.0L, static_cast<long double>(n) - q));
  return static_cast<std::int64_t>(std::clamp(e, 0.0L, static_cast<long double>(kMax)));
}

TEST(IntExp, EqualsTheFormulaForNegativeAndPositiveNumbers) {
  for (const auto& [scale, x0] :
       {std::pair(0.03125, -32), {0.05, -20}, {0.3, -4}, {0.7, -2}, {5.0, -1}}) {
    for (const int n : {15, 23}) {
      const IntExp exp(scale, n);
      for (std::int64_t x = -1000; x <= 300; ++x) {
        ASSERT_EQ(exp(x), formula(x, x0, n)) << x << ' ' << scale << ' ' << n;
      }
    }
  }
}

TEST(IntExp, OfZeroIsOneInItsScale) { EXPECT_EQ(IntExp(1.0 / 32, 15)(0), 32 << 15); }

TEST(IntExp, IsNeverZeroSoThatSumsCanBeDividedBy) {
  for (const double scale : {1e-9, 0.01, 0.5, 1.0, 1e300}) {
    const IntExp exp(scale, 15);
    for (std::int64_t x = 0; x > -(std::int64_t{1} << 33); x = x * 2 - 1) {
      ASSERT_GE(exp(x), 1) << scale << ' ' << x;
    }
  }
}

TEST(IntExp, SaturatesForPositiveNumbersHoweverLarge) {
  const IntExp exp(0.05, 23);
  EXPECT_LT(exp(35), kMax);
  EXPECT_EQ(exp(100), kMax);
  EXPECT_EQ(exp(std::int64_t{1} << 33), kMax);
}

TEST(IntExp, SaturatesWhereTheScaleIsVerySmall) {
  EXPECT_EQ(IntExp(0x1p-30, 23)(0), kMax);
  EXPECT_EQ(IntExp(0x1p-30, 23)(-(std::int64_t{1} << 35)), 1 << 30);
}

TEST(IntExp, RefusesScalesThatAreNotPositiveOrTooSmall) {
  for (const double scale : {0.0, -0.1, std::nan(""), HUGE_VAL, 0x1p-31, 1e-320}) {
    EXPECT_THROW(IntExp(scale, 15), ModelError) << scale;
  }
  EXPECT_NO_THROW(IntExp(0x1.0001p-31, 15));
}

}  // namespace
}  // namespace vitsim::kernels
