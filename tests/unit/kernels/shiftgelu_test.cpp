// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/shiftgelu.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "vitsim/core/error.h"
#include "vitsim/core/random.h"
#include "vitsim/core/safetensors.h"

#include "support/for_each_target.h"

namespace vitsim::kernels {
namespace {

std::vector<std::int64_t> raw(double scale, const std::vector<std::int32_t>& x) {
  std::vector<std::int64_t> y(x.size());
  ShiftGelu(scale, 1, 8).raw(x, y);
  return y;
}

class ShiftGeluVectors : public ::testing::TestWithParam<int> {};

TEST_P(ShiftGeluVectors, AreEqualBeforeAndAfterRequantization) {
  const int number = GetParam();
  const auto file =
      Safetensors::load(VITSIM_SOURCE_DIR "/tests/vectors/ivit_shiftgelu.safetensors");
  const auto input = file.integers(fmt::format("in_{}", number));
  const auto expected = file.integers(fmt::format("out_{}", number));
  const double scale = file.doubles(fmt::format("scale_{}", number)).at(0);
  const auto cols = static_cast<std::size_t>(file.at(fmt::format("in_{}", number)).shape.at(1));
  for (std::size_t begin = 0; begin < input.size(); begin += cols) {
    std::vector<std::int32_t> x(cols);
    std::vector<std::int16_t> narrow_x(cols);
    for (std::size_t i = 0; i < cols; ++i) {
      x[i] = static_cast<std::int32_t>(input[begin + i]);
      narrow_x[i] = static_cast<std::int16_t>(input[begin + i]);
    }
    const auto y = raw(scale, x);
    std::vector<std::int16_t> narrow_y(cols);
    ShiftGelu(scale, scale / 2, 8)(narrow_x, narrow_y);
    for (std::size_t i = 0; i < cols; ++i) {
      ASSERT_EQ(y[i], expected[begin + i]) << i;
      // scale / 128 / (scale / 2) is 1/64.
      ASSERT_EQ(narrow_y[i], requantize(expected[begin + i], {1, 6}, 8)) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Case, ShiftGeluVectors, ::testing::Range(0, 4));

TEST(ShiftGelu, IsNearTheGaussianErrorUnit) {
  std::vector<std::int32_t> x(255);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<std::int32_t>(i) - 127;
  }
  const auto y = raw(0.04, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double real = 0.04 * x[i];
    EXPECT_NEAR(0.04 / 128 * static_cast<double>(y[i]), real / 2 * std::erfc(-real / std::sqrt(2)),
                0.2);
  }
}

TEST(ShiftGelu, TakesARowOfOneElementAndOneOfNegativeNumbersOnly) {
  EXPECT_THAT(raw(0.05, {0}), ::testing::ElementsAre(0));
  // x0 = -12 and e1 = 12 2^23; e2 of 13000 saturates, so F = 1 and sigma = e1 / 2^24 = 6.
  EXPECT_THAT(raw(0.05, {-13000}), ::testing::ElementsAre(-13000 * 6));
}

TEST(ShiftGelu, NeverTakesMoreThan127OfAnElement) {
  Random random(1);
  for (const double scale : {1e-9, 1e-4, 0.05, 3.0}) {
    std::vector<std::int32_t> x(100);
    std::generate(x.begin(), x.end(),
                  [&] { return static_cast<std::int32_t>(random.integer(-32768, 32767)); });
    const auto y = raw(scale, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_LE(std::abs(y[i]), 127 * std::abs(std::int64_t{x[i]}));
    }
  }
}

TEST(ShiftGelu, SaturatesToItsOutputWidth) {
  const std::vector<std::int16_t> x = {100, -100};
  std::vector<std::int16_t> y(2);
  ShiftGelu(0.05, 0.005, 8)(x, y);
  EXPECT_EQ(y[0], 127);
}

TEST(ShiftGelu, OfARowIsTheRawOneRequantizedWithAllVectorInstructions) {
  test::for_each_target([] {
    Random random(3);
    for (int i = 0; i < 4000; ++i) {
      const double scale = std::exp2(static_cast<double>(random.integer(-300, 40)) / 10);
      // For the largest ratios the shift is too small for vectors.
      const double output_scale =
          scale * std::exp2(static_cast<double>(random.integer(-200, 120)) / 10 - 10);
      const int bits = static_cast<int>(random.integer(1, 16));
      const std::int64_t end = std::int64_t{1} << random.integer(0, 15);
      const std::int64_t center = random.integer(0, 2) * (end - 32768) / 2;
      std::vector<std::int32_t> x(static_cast<std::size_t>(random.integer(1, 90)));
      for (auto& value : x) {
        value = static_cast<std::int32_t>(
            std::clamp<std::int64_t>(center + random.integer(-end, end - 1), -32768, 32767));
      }
      const std::vector<std::int16_t> narrow_x(x.begin(), x.end());
      std::vector<std::int16_t> y(x.size());
      ShiftGelu(scale, output_scale, bits)(narrow_x, y);
      const auto expected = raw(scale, x);
      const Rescale rescale = make_rescale(scale / 128 / output_scale);
      for (std::size_t c = 0; c < x.size(); ++c) {
        ASSERT_EQ(y[c], requantize(expected[c], rescale, bits)) << i << ' ' << c << ' ' << scale;
      }
    }
  });
}

TEST(ShiftGelu, RefusesScalesThatAreNone) {
  EXPECT_THROW(ShiftGelu(0, 1, 8), ModelError);
  EXPECT_THROW(ShiftGelu(1, 0, 8), ConfigError);
}

}  // namespace
}  // namespace vitsim::kernels
