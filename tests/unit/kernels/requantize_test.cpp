// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/requantize.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "vitsim/core/error.h"
#include "vitsim/core/random.h"
#include "vitsim/core/safetensors.h"

namespace vitsim::kernels {
namespace {

constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();
constexpr std::int32_t kLargest = std::numeric_limits<std::int32_t>::max();

TEST(Requantize, EqualsTheVectors) {
  const auto file = Safetensors::load(VITSIM_SOURCE_DIR "/tests/vectors/requantize.safetensors");
  const auto x = file.integers("x");
  const auto multiplier = file.integers("multiplier");
  const auto shift = file.integers("shift");
  const auto unsaturated = file.integers("y_unsaturated");
  const auto int8 = file.integers("y_int8");
  ASSERT_EQ(unsaturated.size(), x.size() * multiplier.size());
  for (std::size_t j = 0; j < multiplier.size(); ++j) {
    const Rescale factor{static_cast<std::int32_t>(multiplier[j]),
                         static_cast<std::int32_t>(shift[j])};
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(rescale(x[i], factor), unsaturated[j * x.size() + i]) << x[i];
      ASSERT_EQ(requantize(x[i], factor, 8), int8[j * x.size() + i]) << x[i];
    }
  }
}

TEST(Requantize, RoundsHalfUpAlsoForNegativeNumbers) {
  const Rescale quarter{1, 2};
  EXPECT_EQ(rescale(1, quarter), 0);
  EXPECT_EQ(rescale(2, quarter), 1);
  EXPECT_EQ(rescale(6, quarter), 2);
  EXPECT_EQ(rescale(-1, quarter), 0);
  EXPECT_EQ(rescale(-2, quarter), 0);
  EXPECT_EQ(rescale(-3, quarter), -1);
  EXPECT_EQ(rescale(-6, quarter), -1);
}

TEST(Requantize, TakesANegativeMultiplier) {
  EXPECT_EQ(rescale(10, {-3, 2}), -7);  // -7.5 rounds up
  EXPECT_EQ(rescale(-10, {-3, 2}), 8);
}

TEST(Requantize, SaturatesAtBothEndsAndNotBefore) {
  const Rescale half{1, 1};
  EXPECT_EQ(requantize(254, half, 8), 127);
  EXPECT_EQ(requantize(256, half, 8), 127);
  EXPECT_EQ(requantize(-256, half, 8), -128);
  EXPECT_EQ(requantize(-258, half, 8), -128);
}

TEST(Rescale, IsExactAtTheEndsOf32BitsWithTheLargestFactor) {
  EXPECT_EQ(rescale(kInt32Max, {kLargest, 1}), (kInt32Max * kInt32Max + 1) / 2);
  EXPECT_EQ(rescale(-kInt32Max - 1, {kLargest, 1}), (-kInt32Max - 1) / 2 * kInt32Max);
  EXPECT_EQ(rescale(-kInt32Max - 1, {-kLargest, 62}), 1);
}

TEST(Rescale, UsesAProductOf128BitsWhereXIsWider) {
  // 2^62 (2^31 - 1) / 2^31 = 2^62 - 2^31.
  EXPECT_EQ(rescale(std::int64_t{1} << 62, {kLargest, 31}),
            (std::int64_t{1} << 62) - (std::int64_t{1} << 31));
  EXPECT_EQ(rescale(-(std::int64_t{1} << 62) - 1, {1, 62}), -1);
  EXPECT_EQ(rescale(kInt32Max + 1, {1, 1}), std::int64_t{1} << 30);
  EXPECT_EQ(rescale(kInt32Max + 2, {1, 1}), (std::int64_t{1} << 30) + 1);  // a tie
  EXPECT_EQ(rescale(-kInt32Max - 2, {1, 1}), -(std::int64_t{1} << 30));    // a tie
}

TEST(Rescale, ClampsTo64Bits) {
  EXPECT_EQ(rescale(kInt64Max, {kLargest, 1}), kInt64Max);
  EXPECT_EQ(rescale(kInt64Min, {kLargest, 1}), kInt64Min);
}

TEST(Saturate, KeepsWhatFitsAndClampsTheRest) {
  EXPECT_EQ(saturate(127, 8), 127);
  EXPECT_EQ(saturate(128, 8), 127);
  EXPECT_EQ(saturate(-128, 8), -128);
  EXPECT_EQ(saturate(-129, 8), -128);
  EXPECT_EQ(saturate(5, 1), 0);
  EXPECT_EQ(saturate(-5, 1), -1);
  EXPECT_EQ(saturate(kInt64Min, 64), kInt64Min);
  EXPECT_EQ(saturate(kInt64Max, 63), kInt64Max / 2);
}

TEST(MakeRescale, HasAMultiplierOf31BitsForUsualFactors) {
  EXPECT_EQ(make_rescale(1.0), (Rescale{1 << 30, 30}));
  EXPECT_EQ(make_rescale(0.5), (Rescale{1 << 30, 31}));
  EXPECT_EQ(make_rescale(0.75), (Rescale{3 << 29, 31}));
  EXPECT_EQ(make_rescale(-0.75), (Rescale{-(3 << 29), 31}));
  EXPECT_EQ(make_rescale(1000.0), (Rescale{2097152000, 21}));
}

TEST(MakeRescale, IsWithinHalfAStepOfEveryFactor) {
  Random random(1);
  for (int i = 0; i < 10000; ++i) {
    const double mantissa = 1 + static_cast<double>(random.uniform());
    const double factor = std::ldexp(mantissa, static_cast<int>(random.integer(-63, 28)));
    const Rescale found = make_rescale(factor);
    ASSERT_GE(found.shift, 1);
    ASSERT_LE(found.shift, 62);
    ASSERT_TRUE(found.shift == 62 || found.multiplier >= 1 << 30) << factor;
    ASSERT_LE(std::fabs(std::ldexp(factor, found.shift) - found.multiplier), 0.5) << factor;
  }
}

TEST(MakeRescale, HalvesAMultiplierThatWouldRoundTo2ToThe31) {
  EXPECT_EQ(make_rescale(1 - 0x1p-40), (Rescale{1 << 30, 30}));
  EXPECT_EQ(make_rescale(-1 + 0x1p-40), (Rescale{-(1 << 30), 30}));
}

TEST(MakeRescale, GivesTinyFactorsFewerBits) {
  EXPECT_EQ(make_rescale(0x1p-32), (Rescale{1 << 30, 62}));
  EXPECT_EQ(make_rescale(0x1p-33), (Rescale{1 << 29, 62}));
  EXPECT_EQ(make_rescale(0x1p-62), (Rescale{1, 62}));
  EXPECT_EQ(make_rescale(0x1p-63), (Rescale{1, 62}));
  EXPECT_THROW(make_rescale(0x1.fffp-64), ConfigError);
}

TEST(MakeRescale, RefusesFactorsFrom2ToThe30) {
  EXPECT_EQ(make_rescale(0x1.fffffffcp29), (Rescale{kLargest, 1}));
  EXPECT_THROW(make_rescale(0x1p30), ConfigError);
  EXPECT_THROW(make_rescale(0x1.ffffffffffp29), ConfigError);
}

TEST(MakeRescale, RefusesWhatIsNoFactor) {
  for (const double factor : {0.0, -0.0, std::nan(""), HUGE_VAL, -HUGE_VAL, 5e-324}) {
    EXPECT_THROW(make_rescale(factor), ConfigError) << factor;
  }
}

}  // namespace
}  // namespace vitsim::kernels
