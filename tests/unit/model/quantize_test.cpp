// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/quantize.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gmock/gmock.h>

namespace vitsim::model {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

TEST(ScaleFor, MapsTheRangeToTheLargestInteger) {
  EXPECT_DOUBLE_EQ(scale_for(127, 8), 1);
  EXPECT_DOUBLE_EQ(scale_for(1, 4), 1.0 / 7);
  EXPECT_DOUBLE_EQ(scale_for(2, 16), 2.0 / 32767);
}

TEST(Quantize, RoundsHalvesAwayFromZero) {
  EXPECT_EQ(quantize(0.5, 1, 8), 1);
  EXPECT_EQ(quantize(-0.5, 1, 8), -1);
  EXPECT_EQ(quantize(0.49, 1, 8), 0);
  EXPECT_EQ(quantize(2.5, 1, 8), 3);
  EXPECT_EQ(quantize(0.75, 0.5, 8), 2);
}

TEST(Quantize, RoundsAsTheExactDistanceToTheHalfSays) {
  EXPECT_EQ(quantize(0.49999999999999994, 1, 8), 0);
  EXPECT_EQ(quantize(-0.49999999999999994, 1, 8), 0);
  EXPECT_EQ(quantize(32766.499999999996, 1, 16), 32766);
  EXPECT_EQ(quantize(32766.5, 1, 16), 32767);
  EXPECT_EQ(quantize(-32767.5, 1, 16), -32768);
}

TEST(Quantize, SaturatesToTheWidth) {
  EXPECT_EQ(quantize(127.4, 1, 8), 127);
  EXPECT_EQ(quantize(127.5, 1, 8), 127);
  EXPECT_EQ(quantize(-128.4, 1, 8), -128);
  EXPECT_EQ(quantize(-129, 1, 8), -128);
  EXPECT_EQ(quantize(1e300, 1e-6, 8), 127);
  EXPECT_EQ(quantize(-1e300, 1e-6, 16), -32768);
  EXPECT_EQ(quantize(std::numeric_limits<double>::infinity(), 1, 4), 7);
}

TEST(Quantize, OfAMatrixKeepsItsShape) {
  const Matrix<float> x(2, 2, {0.1F, -0.1F, 0.26F, 9.F});
  EXPECT_THAT(quantize(x.view(), 0.1, 4).elements(), ElementsAre(1, -1, 3, 7));
}

/// Two inputs, two outputs.
reference::Linear linear() { return {Matrix<float>(2, 2, {1.F, -2.F, 0.5F, 0.25F}), {3.F, -1.F}}; }

double factor(const kernels::ChannelParams& params) {
  return std::ldexp(params.rescale.multiplier, -params.rescale.shift);
}

TEST(QuantizeLinear, MapsEachChannelsLargestWeightToTheLargestIntegerAndTurnsTheMatrix) {
  const double output_scale = 0.125;
  const QuantizedLinear out = quantize(linear(), 0.5, {&output_scale, 1}, 8);
  EXPECT_THAT(out.weight_scales, ElementsAre(DoubleEq(2.0 / 127), DoubleEq(0.5 / 127)));
  // [in x out]: column 0 is 1, -2; column 1 is 0.5, 0.25.
  EXPECT_EQ(out.weight, IntMatrix(2, 2, {64, 127, -127, 64}));
}

TEST(QuantizeLinear, TurnsMatricesOfAnySizeAndFindsTheLargestWeightWhereverItStands) {
  const double output_scale = 0.125;
  for (const std::int64_t outputs : {1, 31, 32, 33, 64, 65}) {
    for (const std::int64_t inputs : {1, 15, 16, 17, 33}) {
      reference::Linear linear{Matrix<float>(outputs, inputs),
                               std::vector<float>(static_cast<std::size_t>(outputs))};
      for (std::int64_t n = 0; n < outputs; ++n) {
        for (std::int64_t k = 0; k < inputs; ++k) {
          linear.weight(n, k) = static_cast<float>((n * 7 + k * 5) % 63);
        }
        linear.weight(n, n % inputs) = n % 2 == 0 ? 127.F : -127.F;  // so the scale is 1
      }
      const IntMatrix weight = quantize(linear, 0.5, {&output_scale, 1}, 8).weight;
      for (std::int64_t n = 0; n < outputs; ++n) {
        for (std::int64_t k = 0; k < inputs; ++k) {
          ASSERT_EQ(weight(k, n), static_cast<int>(linear.weight(n, k)))
              << outputs << " x " << inputs << " at " << n << ", " << k;
        }
      }
    }
  }
}

TEST(QuantizeLinear, PutsTheBiasAtTheScaleOfTheSumsAndRescalesToTheOutputs) {
  const double output_scale = 0.125;
  const QuantizedLinear out = quantize(linear(), 0.5, {&output_scale, 1}, 8);
  EXPECT_EQ(out.params[0].bias, std::lround(3 / (0.5 * 2 / 127)));
  EXPECT_EQ(out.params[1].bias, std::lround(-1 / (0.5 * 0.5 / 127)));
  EXPECT_NEAR(factor(out.params[0]), 0.5 * 2 / 127 / 0.125, 1e-9);
  EXPECT_NEAR(factor(out.params[1]), 0.5 * 0.5 / 127 / 0.125, 1e-9);
}

TEST(QuantizeLinear, GivesEachGroupOfOutputsItsScale) {
  const double output_scales[] = {0.125, 1};
  const QuantizedLinear out = quantize(linear(), 0.5, output_scales, 8);
  EXPECT_NEAR(factor(out.params[0]), 0.5 * 2 / 127 / 0.125, 1e-9);
  EXPECT_NEAR(factor(out.params[1]), 0.5 * 0.5 / 127, 1e-9);
}

TEST(QuantizeLinear, RaisesTheScaleWhereTheBiasWouldNotFit) {
  const reference::Linear tiny{Matrix<float>(1, 1, {1e-12F}), {1000.F}};
  const double output_scale = 1;
  const QuantizedLinear out = quantize(tiny, 1e-3, {&output_scale, 1}, 8);
  EXPECT_EQ(out.params[0].bias, 1 << 30);
  EXPECT_NEAR(out.params[0].bias * factor(out.params[0]), 1000, 1e-3);
}

TEST(QuantizeLinear, TakesAChannelOfZeros) {
  const reference::Linear zeros{Matrix<float>(1, 2, {0.F, 0.F}), {0.F}};
  const double output_scale = 0.1;
  const QuantizedLinear out = quantize(zeros, 0.5, {&output_scale, 1}, 8);
  EXPECT_EQ(out.weight, IntMatrix(2, 1, {0, 0}));
  EXPECT_EQ(out.params[0].bias, 0);
  EXPECT_GT(out.params[0].rescale.multiplier, 0);
}

}  // namespace
}  // namespace vitsim::model
