// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/shiftmax.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "vitsim/core/random.h"
#include "vitsim/core/safetensors.h"

#include "support/for_each_target.h"

namespace vitsim::kernels {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

std::vector<std::int32_t> run(double scale, int bits, const std::vector<std::int32_t>& scores) {
  std::vector<std::int32_t> weights(scores.size());
  Shiftmax(scale, bits)(scores, weights);
  return weights;
}

class ShiftmaxVectors : public ::testing::TestWithParam<int> {};

TEST_P(ShiftmaxVectors, AreEqualIn8And16Bits) {
  const int number = GetParam();
  const auto file = Safetensors::load(VITSIM_SOURCE_DIR "/tests/vectors/ivit_shiftmax.safetensors");
  const auto input = file.integers(fmt::format("in_{}", number));
  const double scale = file.doubles(fmt::format("scale_{}", number)).at(0);
  const auto cols = static_cast<std::size_t>(file.at(fmt::format("in_{}", number)).shape.at(1));
  for (const int bits : {8, 16}) {
    const auto expected = file.integers(fmt::format("out{}_{}", bits, number));
    for (std::size_t begin = 0; begin < input.size(); begin += cols) {
      const std::vector<std::int32_t> scores(
          input.begin() + static_cast<std::ptrdiff_t>(begin),
          input.begin() + static_cast<std::ptrdiff_t>(begin + cols));
      const auto weights = run(scale, bits, scores);
      ASSERT_TRUE(std::equal(weights.begin(), weights.end(),
                             expected.begin() + static_cast<std::ptrdiff_t>(begin)));
      const std::vector<std::int16_t> narrow_scores(scores.begin(), scores.end());
      std::vector<std::int16_t> narrow(cols);
      Shiftmax(scale, bits)(narrow_scores, narrow);
      ASSERT_TRUE(std::equal(narrow.begin(), narrow.end(), weights.begin()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Case, ShiftmaxVectors, ::testing::Range(0, 6));

TEST(Shiftmax, GivesARowOfOneElementAllTheWeightThatItsReciprocalHolds) {
  EXPECT_THAT(run(0.1, 16, {-5}), ElementsAre(32765));
  EXPECT_THAT(run(0.1, 8, {300}), ElementsAre(127));
}

TEST(Shiftmax, DoesNotDependOnAConstantAddedToTheRow) {
  const std::vector<std::int32_t> low = {-2147483648, -2147483640, -2147483600};
  EXPECT_EQ(run(0.05, 16, low), run(0.05, 16, {0, 8, 48}));
}

TEST(Shiftmax, TakesTheWholeRangeOf32Bits) {
  const std::int32_t max = std::numeric_limits<std::int32_t>::max();
  EXPECT_THAT(run(0.05, 16, {-max - 1, max}), ElementsAre(0, 32760));
}

TEST(Shiftmax, GivesEveryElementAnEqualShareWhereTheSumIsClamped) {
  // Each exponential is 2^21 and 2000 of them exceed 2^31 - 1, so the reciprocal is 1.
  const auto weights = run(1.0 / 64, 16, std::vector<std::int32_t>(2000, 3));
  EXPECT_THAT(weights, Each(32));
}

TEST(Shiftmax, StaysWithinItsWidthEvenWhereExponentialsSaturate) {
  Random random(1);
  for (const double scale : {1e-9, 1e-5, 0.01, 10.0}) {
    for (const int bits : {4, 8, 16}) {
      std::vector<std::int32_t> scores(50);
      std::generate(scores.begin(), scores.end(),
                    [&] { return static_cast<std::int32_t>(random.integer(-32768, 32767)); });
      EXPECT_THAT(run(scale, bits, scores),
                  Each(::testing::AllOf(::testing::Ge(0), ::testing::Lt(1 << (bits - 1)))));
    }
  }
}

TEST(Shiftmax, Of16BitsEqualsThatOf32WithAllVectorInstructions) {
  test::for_each_target([] {
    Random random(2);
    for (int i = 0; i < 4000; ++i) {
      const double scale = std::exp2(static_cast<double>(random.integer(-300, 40)) / 10);
      const int bits = static_cast<int>(random.integer(1, 16));
      const std::int64_t end = std::int64_t{1} << random.integer(0, 15);
      std::vector<std::int32_t> scores(static_cast<std::size_t>(random.integer(1, 90)));
      for (auto& score : scores) {
        score = static_cast<std::int32_t>(random.integer(-end, end - 1));
      }
      const std::vector<std::int16_t> narrow_scores(scores.begin(), scores.end());
      std::vector<std::int16_t> weights(scores.size());
      Shiftmax(scale, bits)(narrow_scores, weights);
      const auto expected = run(scale, bits, scores);
      ASSERT_TRUE(std::equal(weights.begin(), weights.end(), expected.begin())) << i;
    }
  });
}

TEST(Shiftmax, SumsLongRowsWithoutOverflowWithAllVectorInstructions) {
  test::for_each_target([] {
    // Exponentials of 2^21, and saturated ones: their sums need up to 48 bits.
    for (const double scale : {1.0 / 64, 1e-5, 1e-7}) {
      const std::vector<std::int16_t> scores(70000, 3);
      std::vector<std::int16_t> weights(scores.size(), -1);
      Shiftmax(scale, 16)(scores, weights);
      const auto expected = run(scale, 16, std::vector<std::int32_t>(70000, 3));
      ASSERT_TRUE(std::equal(weights.begin(), weights.end(), expected.begin())) << scale;
    }
  });
}

}  // namespace
}  // namespace vitsim::kernels
