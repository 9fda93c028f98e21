// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/layer_norm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "vitsim/core/error.h"
#include "vitsim/core/random.h"
#include "vitsim/core/safetensors.h"
#include "vitsim/kernels/requantize.h"

#include "support/for_each_target.h"

namespace vitsim::kernels {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr std::size_t kFeatures = 192;

std::vector<std::int64_t> normalize(const std::vector<std::int32_t>& x) {
  std::vector<std::int64_t> y(x.size());
  i_layer_norm(x, y);
  return y;
}

/// The definition, in two passes.
template <class T>
std::vector<std::int64_t> defined(const std::vector<T>& x) {
  const auto count = static_cast<std::int64_t>(x.size());
  std::int64_t sum = 0;
  for (const T value : x) {
    sum += value;
  }
  std::int64_t mean = sum / count - (sum % count < 0 ? 1 : 0);
  const std::int64_t rest = sum - mean * count;
  mean += 2 * rest > count || (2 * rest == count && mean % 2 != 0) ? 1 : 0;
  std::int64_t variance = 0;
  for (const T value : x) {
    variance += (value - mean) * (value - mean);
  }
  std::int64_t k = 1 << 16;
  for (int i = 0; i < 10; ++i) {
    k = (k + variance / k) / 2;
  }
  std::vector<std::int64_t> y;
  for (const T value : x) {
    y.push_back(((value - mean) * (std::numeric_limits<std::int32_t>::max() / k)) >> 1);
  }
  return y;
}

class LayerNormVectors : public ::testing::TestWithParam<int> {};

TEST_P(LayerNormVectors, AreEqual) {
  const int number = GetParam();
  const auto file =
      Safetensors::load(VITSIM_SOURCE_DIR "/tests/vectors/ivit_layernorm.safetensors");
  const auto input = file.integers(fmt::format("in_{}", number));
  const auto expected = file.integers(fmt::format("out_{}", number));
  const auto cols = static_cast<std::size_t>(file.at(fmt::format("in_{}", number)).shape.at(1));
  for (std::size_t begin = 0; begin < input.size(); begin += cols) {
    std::vector<std::int32_t> x(cols);
    std::vector<std::int16_t> narrow_x(cols);
    for (std::size_t c = 0; c < cols; ++c) {
      x[c] = static_cast<std::int32_t>(input[begin + c]);
      narrow_x[c] = static_cast<std::int16_t>(input[begin + c]);
    }
    const auto y = normalize(x);
    // A gain of 1 and a shift of 16 leave the upper bits, rounded.
    std::vector<std::int16_t> narrow_y(cols);
    layer_norm_row(narrow_x, std::vector<LayerNormParams>(cols, {1, 0}), 16, 16, narrow_y);
    for (std::size_t c = 0; c < cols; ++c) {
      ASSERT_EQ(y[c], expected[begin + c]) << c;
      ASSERT_EQ(narrow_y[c], (expected[begin + c] + 32768) >> 16) << c;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Case, LayerNormVectors, ::testing::Range(0, 4));

TEST(ILayerNorm, RoundsTheMeanToTheNearestAndTiesToEven) {
  // The results are (x - mean) F / 2, so those of elements equal to the mean are 0.
  EXPECT_EQ(normalize({0, 1})[0], 0);          // mean of 1/2 is 0
  EXPECT_EQ(normalize({1, 2})[1], 0);          // 3/2 is 2
  EXPECT_EQ(normalize({-1, 0})[1], 0);         // -1/2 is 0
  EXPECT_EQ(normalize({-2, -1})[0], 0);        // -3/2 is -2
  EXPECT_EQ(normalize({0, 0, 2, 1})[3], 0);    // 3/4 is 1
  EXPECT_EQ(normalize({0, 0, -2, -1})[3], 0);  // -3/4 is -1
  EXPECT_EQ(normalize({0, 0, 0, 1})[0], 0);    // 1/4 is 0
}

TEST(ILayerNorm, TakesRowsWithoutAnyVarianceAndRowsOfOneElement) {
  EXPECT_THAT(normalize(std::vector<std::int32_t>(64, -32768)), Each(0));
  EXPECT_THAT(normalize({5}), ElementsAre(0));
}

TEST(ILayerNorm, StaysWithin2ToThe30) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::int32_t> x(static_cast<std::size_t>(random.integer(1, 20)));
    const std::int64_t end = std::int64_t{1} << random.integer(0, 23);
    std::generate(x.begin(), x.end(),
                  [&] { return static_cast<std::int32_t>(random.integer(-end, end - 1)); });
    for (const std::int64_t y : normalize(x)) {
      ASSERT_LE(std::abs(y), std::int64_t{1} << 30);
    }
  }
}

TEST(ILayerNorm, TakesLongRowsOfTheLargestNumbersThoughItsSquareRootHasNotArrived) {
  std::vector<std::int32_t> x(1 << 15, -(1 << 23));
  std::fill_n(x.begin(), x.size() / 2, (1 << 23) - 1);
  // V is about 2^61 and k still above 2^31 after ten halvings.
  EXPECT_THAT(normalize(x), Each(0));
}

TEST(MakeLayerNormTable, TakesTheLargestShiftThatKeepsGammaIn31Bits) {
  const std::vector<float> beta(4, 0.F);
  // sqrt(C) = 2: G = gamma 2^(s-29).
  const auto table = make_layer_norm_table(std::vector<float>{1, -0.5F, 0, 0.25F}, beta, 1);
  EXPECT_EQ(table.shift, 59);
  EXPECT_EQ(table.params[0].gain, 1 << 30);
  EXPECT_EQ(table.params[1].gain, -(1 << 29));
  EXPECT_EQ(table.params[2].gain, 0);
  EXPECT_EQ(make_layer_norm_table(std::vector<float>{2, 0, 0, 0}, beta, 1).shift, 58);
  EXPECT_EQ(make_layer_norm_table(std::vector<float>{0, -1.999999F, 0, 0}, beta, 1).shift, 59);
}

TEST(MakeLayerNormTable, LowersTheShiftWhereGammaWouldRoundTo2ToThe31) {
  const std::vector<float> beta(4, 0.F);
  EXPECT_EQ(make_layer_norm_table(std::vector<float>{1, 1, 1, 1}, beta, 0.5 + 0x1p-40).shift, 58);
}

TEST(MakeLayerNormTable, LowersTheShiftForLargeBetas) {
  const std::vector<float> gamma(4, 0.F);
  const auto table = make_layer_norm_table(gamma, std::vector<float>{8, -8, 0.5F, 0}, 0.5);
  EXPECT_EQ(table.shift, 56);  // 16 2^56 is below 2^61
  EXPECT_EQ(table.params[0].offset, std::int64_t{1} << 60);
  EXPECT_EQ(table.params[1].offset, -(std::int64_t{1} << 60));
  EXPECT_EQ(table.params[2].offset, std::int64_t{1} << 56);
}

TEST(MakeLayerNormTable, UsesTheLargestShiftWhereAllIsZero) {
  const std::vector<float> zeros(3, 0.F);
  EXPECT_EQ(make_layer_norm_table(zeros, zeros, 1).shift, 62);
}

TEST(MakeLayerNormTable, RefusesWhatFitsNoShiftOrIsNoNumber) {
  const std::vector<float> ones(4, 1.F);
  const std::vector<float> zeros(4, 0.F);
  EXPECT_THROW(make_layer_norm_table(ones, ones, 1e-20), ModelError);
  EXPECT_THROW(make_layer_norm_table(zeros, ones, 1e-20), ModelError);
  EXPECT_THROW(make_layer_norm_table(ones, ones, 5e-324), ModelError);
  EXPECT_THROW(make_layer_norm_table(ones, ones, 0), ModelError);
  EXPECT_THROW(make_layer_norm_table(ones, ones, std::nan("")), ModelError);
  EXPECT_THROW(make_layer_norm_table({}, {}, 1), ModelError);
  EXPECT_THROW(make_layer_norm_table(ones, std::vector<float>(3, 1.F), 1), ModelError);
  const std::vector<float> not_numbers = {1, NAN, 1, 1};
  EXPECT_THROW(make_layer_norm_table(not_numbers, ones, 1), ModelError);
  EXPECT_THROW(make_layer_norm_table(ones, std::vector<float>{1, 1, INFINITY, 1}, 1), ModelError);
}

TEST(LayerNormRow, IsNearTheFloatLayerNorm) {
  Random random(2);
  std::vector<std::int16_t> x(kFeatures);
  std::vector<float> gamma(kFeatures);
  std::vector<float> beta(kFeatures);
  double mean = 0;
  for (std::size_t c = 0; c < kFeatures; ++c) {
    x[c] = static_cast<std::int16_t>(random.integer(-20000, 25000));
    gamma[c] = c % 7 == 0 ? 0.F : random.normal();
    beta[c] = random.normal();
    mean += x[c] / static_cast<double>(kFeatures);
  }
  double variance = 0;
  for (const double value : x) {
    variance += (value - mean) * (value - mean) / kFeatures;
  }
  const double scale = 0.001;
  const auto table = make_layer_norm_table(gamma, beta, scale);
  std::vector<std::int16_t> y(kFeatures);
  layer_norm_row(x, table.params, table.shift, 16, y);
  for (std::size_t c = 0; c < kFeatures; ++c) {
    const double expected = (x[c] - mean) / std::sqrt(variance) * gamma[c] + beta[c];
    EXPECT_NEAR(scale * y[c], expected, 0.003) << c;
  }
}

TEST(ILayerNorm, EqualsTheDefinitionForNumbersOf24Bits) {
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::int32_t> x(static_cast<std::size_t>(random.integer(1, 40)));
    const std::int64_t end = std::int64_t{1} << random.integer(0, 23);
    const std::int64_t low = random.integer(-end, end - 1);
    std::generate(x.begin(), x.end(),
                  [&] { return static_cast<std::int32_t>(random.integer(low, end - 1)); });
    ASSERT_EQ(normalize(x), defined(x)) << i;
  }
}

/// With random parameters.
void expect_rows_equal_to_definition(const std::vector<std::int16_t>& x, Random& random) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  const int bits = static_cast<int>(random.integer(1, 16));
  const int shift = static_cast<int>(random.integer(1, 62));
  // Such that results neither all saturate nor are all 0.
  const std::int64_t end = std::min(kMax, (std::int64_t{1} << shift >> 14) + 1);
  std::vector<LayerNormParams> params(x.size());
  for (auto& feature : params) {
    feature.gain = static_cast<std::int32_t>(random.integer(-end, end));
    feature.offset = random.integer(-(std::int64_t{1} << 61) + 1, (std::int64_t{1} << 61) - 1) >>
                     random.integer(0, 61);
  }
  std::vector<std::int16_t> y(x.size());
  layer_norm_row(x, params, shift, bits, y);
  const auto normal = defined(x);
  for (std::size_t c = 0; c < x.size(); ++c) {
    const std::int64_t sum = normal[c] * params[c].gain + params[c].offset;
    ASSERT_EQ(y[c], saturate((sum + (std::int64_t{1} << (shift - 1))) >> shift, bits))
        << c << " of " << x.size();
  }
}

TEST(LayerNormRow, EqualsTheDefinitionWithAllVectorInstructions) {
  test::for_each_target([] {
    Random random(4);
    for (int i = 0; i < 3000; ++i) {
      std::vector<std::int16_t> x(static_cast<std::size_t>(random.integer(1, 100)));
      const std::int64_t end = std::int64_t{1} << random.integer(0, 15);
      const std::int64_t low = random.integer(-end, end - 1);
      std::generate(x.begin(), x.end(),
                    [&] { return static_cast<std::int16_t>(random.integer(low, end - 1)); });
      expect_rows_equal_to_definition(x, random);
    }
  });
}

TEST(LayerNormRow, EqualsTheDefinitionForLongRowsOfTheLargestNumbers) {
  test::for_each_target([] {
    Random random(5);
    for (const std::int16_t value : std::to_array<std::int16_t>({-32768, 32767, 0})) {
      std::vector<std::int16_t> x(1 << 15, -32768);
      std::fill_n(x.begin(), x.size() / 2, value);
      expect_rows_equal_to_definition(x, random);
    }
  });
}

TEST(LayerNormRow, RoundsHalfUpAndSaturates) {
  // V = 2, k = 64: F = 33554431, y = floor(+-F / 2) = 16777215, -16777216.
  const std::vector<std::int16_t> x = {1, -1};
  std::vector<std::int16_t> y(2);
  layer_norm_row(x, std::vector<LayerNormParams>(2, {1, 0}), 25, 16, y);
  EXPECT_THAT(y, ElementsAre(0, 0));  // just below a half, and minus a half
  layer_norm_row(x, std::vector<LayerNormParams>(2, {1, 1}), 25, 16, y);
  EXPECT_THAT(y, ElementsAre(1, 0));
  layer_norm_row(x, std::vector<LayerNormParams>(2, {1, 0}), 16, 8, y);
  EXPECT_THAT(y, ElementsAre(127, -128));
}

TEST(LayerNormRow, DoesNotOverflowWithTheLargestParameters) {
  const std::int32_t gain = std::numeric_limits<std::int32_t>::max();
  const std::int64_t offset = (std::int64_t{1} << 61) - 1;
  std::vector<std::int16_t> x(64, 0);
  x[0] = 32767;
  x[1] = -32768;
  std::vector<std::int16_t> y(64);
  layer_norm_row(x, std::vector<LayerNormParams>(64, {gain, offset}), 62, 16, y);
  EXPECT_THAT(y[0], 1);  // (about 2^30.5 / 2 2^31 + 2^61 + 2^61) / 2^62, floor
  layer_norm_row(x, std::vector<LayerNormParams>(64, {-gain, -offset}), 1, 16, y);
  EXPECT_THAT(y[0], -32768);
}

}  // namespace
}  // namespace vitsim::kernels
