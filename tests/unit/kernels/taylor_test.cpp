// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/taylor.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>

#include "vitsim/core/random.h"

namespace vitsim::kernels {
namespace {

__extension__ typedef __int128 Int128;  // NOLINT(modernize-use-using): only typedef takes it

using ::testing::ElementsAre;

using Row = std::vector<std::int16_t>;
using Sums = std::vector<std::int64_t>;

constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLargestDivisor = std::int64_t{1} << 62;
constexpr Division kExact{};
constexpr Rescale kHalf{1, 1};

/// An integer whose number of bits is uniform in [0, bits].
std::int64_t random_integer(Random& random, int bits) {
  const std::int64_t end = kInt64Max >> (63 - random.integer(0, bits));
  return random.integer(-end, end);
}

std::int64_t random_divisor(Random& random) {
  return std::clamp(random_integer(random, 62), std::int64_t{1}, kLargestDivisor);
}

Row random_row(Random& random, std::size_t size) {
  Row row(size);
  for (auto& x : row) {
    x = static_cast<std::int16_t>(random.integer(-32768, 32767));
  }
  return row;
}

Row words_of(const Sums& sums) {
  Row words(2 * sums.size());
  store_sums(sums, words);
  return words;
}

/// Whether `quotient` is floor(numerator 2^fraction_bits / divisor), saturated to 64 bits.
void expect_quotient(std::int64_t quotient, std::int64_t numerator, std::int64_t divisor,
                     int fraction_bits) {
  const Int128 shifted = Int128{numerator} << fraction_bits;
  ASSERT_TRUE(quotient == kInt64Min || Int128{quotient} * divisor <= shifted)
      << numerator << " 2^" << fraction_bits << " / " << divisor << " = " << quotient;
  ASSERT_TRUE(quotient == kInt64Max || shifted < (Int128{quotient} + 1) * divisor)
      << numerator << " 2^" << fraction_bits << " / " << divisor << " = " << quotient;
}

TEST(Divide, FloorsAlsoForNegativeNumerators) {
  EXPECT_EQ(divide(7, 2, 0, kExact), 3);
  EXPECT_EQ(divide(-7, 2, 0, kExact), -4);
  EXPECT_EQ(divide(-8, 2, 0, kExact), -4);
  EXPECT_EQ(divide(-1, 3, 1, kExact), -1);
  EXPECT_EQ(divide(1, 3, 2, kExact), 1);
}

TEST(Divide, IsTheFloorOfTheExactQuotientForRandomNumbers) {
  Random random(1);
  for (int i = 0; i < 20000; ++i) {
    const std::int64_t numerator = random_integer(random, 63);
    const std::int64_t divisor = random_divisor(random);
    const auto fraction_bits = static_cast<int>(random.integer(0, 62));
    ASSERT_NO_FATAL_FAILURE(expect_quotient(divide(numerator, divisor, fraction_bits, kExact),
                                            numerator, divisor, fraction_bits));
  }
}

TEST(Divide, IsTheFloorOfTheExactQuotientAtTheEndsOf64Bits) {
  for (const std::int64_t numerator : {kInt64Min, kInt64Min + 1, kInt64Max - 1, kInt64Max}) {
    for (const std::int64_t divisor : {std::int64_t{1}, std::int64_t{2}, std::int64_t{3},
                                       kLargestDivisor - 1, kLargestDivisor}) {
      for (const int fraction_bits : {0, 1, 61, 62}) {
        ASSERT_NO_FATAL_FAILURE(expect_quotient(divide(numerator, divisor, fraction_bits, kExact),
                                                numerator, divisor, fraction_bits));
      }
    }
  }
}

TEST(Divide, IsTheSameOnBothSidesOfTheLargestNumeratorThatFits64Bits) {
  constexpr int kFractionBits = 16;
  constexpr std::int64_t kEnd = std::int64_t{1} << (63 - kFractionBits);
  for (const std::int64_t numerator : {kEnd - 1, kEnd, kEnd + 1, -kEnd - 1, -kEnd, -kEnd + 1}) {
    ASSERT_NO_FATAL_FAILURE(expect_quotient(divide(numerator, 12345, kFractionBits, kExact),
                                            numerator, 12345, kFractionBits));
  }
}

TEST(DivideByReciprocal, EqualsItsDefinition) {
  Random random(2);
  for (int i = 0; i < 20000; ++i) {
    const std::int64_t numerator = random_integer(random, 31);
    const std::int64_t divisor = random_divisor(random);
    const auto fraction_bits = static_cast<int>(random.integer(0, 31));
    const auto kept = static_cast<int>(random.integer(1, 30));
    const int shift = kept + static_cast<int>(std::bit_width(static_cast<std::uint64_t>(divisor)));
    const Int128 reciprocal = (Int128{1} << shift) / divisor;
    const Int128 expected = (numerator * reciprocal << fraction_bits) >> shift;
    ASSERT_EQ(divide(numerator, divisor, fraction_bits, {kept}),
              std::clamp(expected, Int128{kInt64Min}, Int128{kInt64Max}))
        << numerator << " 2^" << fraction_bits << " / " << divisor << ", " << kept << " bits";
  }
}

TEST(DivideByReciprocal, IsNearerToZeroByLessThanTheBitsThatTheReciprocalLacks) {
  Random random(3);
  for (int i = 0; i < 20000; ++i) {
    const std::int64_t numerator = random_integer(random, 40);
    const std::int64_t divisor = random_divisor(random);
    const auto kept = static_cast<int>(random.integer(1, 30));
    const std::int64_t exact = divide(numerator, divisor, 20, kExact);
    const std::int64_t found = divide(numerator, divisor, 20, {kept});
    const std::int64_t error = numerator < 0 ? found - exact : exact - found;
    ASSERT_GE(error, 0) << numerator << " / " << divisor << ", " << kept << " bits";
    ASSERT_LE(error, (std::abs(exact) >> kept) + 1)
        << numerator << " / " << divisor << ", " << kept << " bits";
  }
}

TEST(DivideByReciprocal, IsExactWhereTheDivisorIsAPowerOfTwo) {
  Random random(4);
  for (int shift = 0; shift <= 62; ++shift) {
    const std::int64_t numerator = random_integer(random, 63);
    const auto fraction_bits = static_cast<int>(random.integer(0, 62));
    EXPECT_EQ(divide(numerator, std::int64_t{1} << shift, fraction_bits, {8}),
              divide(numerator, std::int64_t{1} << shift, fraction_bits, kExact));
  }
}

TEST(DivideByReciprocal, SaturatesTo64BitsWhateverTheFraction) {
  for (const int fraction_bits : {0, 31, 32, 62}) {
    EXPECT_EQ(divide(kInt64Max, 1, fraction_bits, {30}), kInt64Max);
    EXPECT_EQ(divide(kInt64Min, 1, fraction_bits, {30}), kInt64Min);
  }
}

TEST(SumWords, AreReadBackAsTheyWereStored) {
  const Sums sums{0,     -1,    1,      32767,  32768,     -32768,
                  65535, 65536, -65536, -65537, kInt32Max, -kInt32Max - 1};
  Row words(2 * sums.size());
  EXPECT_EQ(store_sums(sums, words), 0);
  for (std::size_t j = 0; j < sums.size(); ++j) {
    EXPECT_EQ(load_sum(words, j), sums[j]);
  }
}

TEST(SumWords, HaveTheLowHalfFirst) {
  EXPECT_THAT(words_of({0x12345678, -2}), ElementsAre(0x5678, 0x1234, -2, -1));
}

TEST(SumWords, SaturateTo32BitsAndCount) {
  const Sums sums{kInt32Max, kInt32Max + 1, -kInt32Max - 1, -kInt32Max - 2, kInt64Max, kInt64Min};
  Row words(2 * sums.size());
  EXPECT_EQ(store_sums(sums, words), 4);
  Sums loaded;
  for (std::size_t j = 0; j < sums.size(); ++j) {
    loaded.push_back(load_sum(words, j));
  }
  EXPECT_THAT(loaded, ElementsAre(kInt32Max, kInt32Max, -kInt32Max - 1, -kInt32Max - 1, kInt32Max,
                                  -kInt32Max - 1));
}

TEST(NarrowSums, SaturateTo16BitsAndCount) {
  Row narrow(5);
  EXPECT_EQ(narrow_sums(Sums{32767, 32768, -32768, -32769, 5}, narrow), 2);
  EXPECT_THAT(narrow, ElementsAre(32767, 32767, -32768, -32768, 5));
}

Row means_of(const Sums& sums, const Mean& mean) {
  Row out(sums.size());
  mean_row(words_of(sums), mean, out);
  return out;
}

TEST(MeanRow, RoundsHalfUpAlsoForNegativeSums) {
  EXPECT_THAT(means_of({1, -1, 3, -3, 4, -4}, {.count = 2}), ElementsAre(1, 0, 2, -1, 2, -2));
  EXPECT_THAT(means_of({1, -1, 2, -2}, {.count = 3}), ElementsAre(0, 0, 1, -1));
}

TEST(MeanRow, KeepsFractionBits) {
  EXPECT_THAT(means_of({5, -5, 1}, {.count = 4, .fraction_bits = 2}), ElementsAre(5, -5, 1));
  EXPECT_THAT(means_of({5, -5, 1}, {.count = 4, .fraction_bits = 1}), ElementsAre(3, -2, 1));
}

TEST(MeanRow, SaturatesTo16BitsWhateverTheFraction) {
  for (const int fraction_bits : {0, 8, 30}) {
    for (const Division division : {kExact, Division{16}}) {
      EXPECT_THAT(means_of({kInt32Max, -kInt32Max - 1}, {1, fraction_bits, division}),
                  ElementsAre(32767, -32768));
    }
  }
}

TEST(MeanRow, DividesByTheReciprocalWhereTheArrayDoes) {
  // Of 1/3 = 2.67 / 2^3 one bit behind the leading one leaves 2 / 2^3.
  EXPECT_THAT(means_of({30}, {.count = 3, .division = {1}}), ElementsAre(8));
  EXPECT_THAT(means_of({30}, {.count = 3, .division = {16}}), ElementsAre(10));
}

class RowOfSize : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Features, RowOfSize, ::testing::Values(1, 63, 64, 65));

TEST_P(RowOfSize, HasTheMeanOfEachColumn) {
  Random random(5);
  Sums sums(GetParam());
  for (auto& sum : sums) {
    sum = random_integer(random, 22);
  }
  constexpr std::int64_t kCount = 197;
  const Row means = means_of(sums, {.count = kCount, .fraction_bits = 1});
  for (std::size_t j = 0; j < sums.size(); ++j) {
    const std::int64_t rest = 2 * sums[j] - kCount * means[j];
    ASSERT_TRUE(-kCount <= 2 * rest && 2 * rest < kCount) << sums[j];
  }
}

TEST_P(RowOfSize, IsCentredElementByElement) {
  Random random(6);
  Row k(GetParam());
  for (auto& x : k) {
    x = static_cast<std::int16_t>(random.integer(-32000, 32000));
  }
  const Row mean = random_row(random, GetParam());
  Row k_hat(k.size());
  EXPECT_EQ(center_row(k, mean, {.mean_fraction_bits = 8, .fraction_bits = 0}, k_hat), 0);
  for (std::size_t j = 0; j < k.size(); ++j) {
    ASSERT_EQ(k_hat[j], (k[j] * 256 - mean[j] + 128) >> 8);
  }
}

TEST(CenterRow, RoundsHalfUpAlsoForNegativeNumbers) {
  Row k_hat(5);
  const Center center{.mean_fraction_bits = 8, .fraction_bits = 4};
  EXPECT_EQ(center_row(Row{0, 0, 0, 0, 1}, Row{8, -8, 24, -24, 9}, center, k_hat), 0);
  EXPECT_THAT(k_hat, ElementsAre(0, 1, -1, 2, 15));  // -0.5, 0.5, -1.5, 1.5, 15.4375
}

TEST(CenterRow, IsExactWhereKHatHasTheFractionOfTheMean) {
  Row k_hat(2);
  const Center center{.mean_fraction_bits = 3, .fraction_bits = 3};
  EXPECT_EQ(center_row(Row{5, -5}, Row{7, 7}, center, k_hat), 0);
  EXPECT_THAT(k_hat, ElementsAre(33, -47));
}

TEST(CenterRow, SaturatesToItsWidthAndCounts) {
  Row k_hat(4);
  EXPECT_EQ(center_row(Row{100, 100, -100, -100}, Row{-27, -28, 28, 29}, {.bits = 8}, k_hat), 2);
  EXPECT_THAT(k_hat, ElementsAre(127, 127, -128, -128));
  const Center widest{.mean_fraction_bits = 30, .fraction_bits = 30};
  EXPECT_EQ(center_row(Row{32767, -32768, 0, 0}, Row{0, 0, 5, -5}, widest, k_hat), 2);
  EXPECT_THAT(k_hat, ElementsAre(32767, -32768, -5, 5));
}

TEST(CenterFeaturesRow, TakesTheMeanOfTheTokenOff) {
  // mean 7/4 = 1.75, with one fraction bit 2 (3.5 rounds up to 4)
  Row k_hat(4);
  const Center center{.mean_fraction_bits = 1, .fraction_bits = 1};
  EXPECT_EQ(center_features_row(Row{1, 2, 3, 1}, {.count = 4, .fraction_bits = 1}, center, k_hat),
            0);
  EXPECT_THAT(k_hat, ElementsAre(-2, 0, 2, -2));
}

TEST(CenterFeaturesRow, SaturatesToItsWidthAndCounts) {
  Row k_hat(2);
  EXPECT_EQ(center_features_row(Row{100, -100}, {.count = 2}, {.bits = 7}, k_hat), 2);
  EXPECT_THAT(k_hat, ElementsAre(63, -64));
}

TEST(ResidueRow, IsTheSumOfTheCentredRowsWhereNothingIsRoundedAway) {
  Random random(7);
  constexpr int kFractionBits = 4;
  constexpr std::size_t kTokens = 29;
  const Mean mean{.count = kTokens, .fraction_bits = kFractionBits};
  Row k(kTokens);
  for (auto& x : k) {
    x = static_cast<std::int16_t>(random.integer(-128, 127));
  }
  const Row k_sum = words_of({std::accumulate(k.begin(), k.end(), std::int64_t{0})});
  Row k_mean(1);
  mean_row(k_sum, mean, k_mean);
  Row k_hat(kTokens);
  center_row(k, Row(kTokens, k_mean[0]), {kFractionBits, kFractionBits, 16}, k_hat);
  Row residue(1);
  EXPECT_EQ(residue_row(k_sum, k_mean, mean, residue), 0);
  EXPECT_EQ(residue[0], std::accumulate(k_hat.begin(), k_hat.end(), 0));
  EXPECT_NE(residue[0], 0);
}

TEST(ResidueRow, SaturatesTo16BitsAndCounts) {
  Row residue(3);
  EXPECT_EQ(residue_row(words_of({kInt32Max, -kInt32Max - 1, 10}), Row{0, 0, 3},
                        {.count = 3, .fraction_bits = 30}, residue),
            3);
  EXPECT_THAT(residue, ElementsAre(32767, -32768, 32767));
}

TEST(CorrectRow, TakesTheMeanTimesTheSumOfTheValuesOff) {
  Sums sums{10, -10, 0};
  correct_row(sums, -3, words_of({5, 70000, -1}), 2);
  EXPECT_THAT(sums, ElementsAre(55, -40 + 210000, -3));
}

TEST(CorrectRow, SaturatesWhatLeaves64Bits) {
  Sums sums{kInt64Max, kInt64Min, kInt64Min};
  correct_row(sums, 32767, words_of({kInt32Max, kInt32Max, -kInt32Max - 1}), 30);
  EXPECT_THAT(sums, ElementsAre(kInt64Max, kInt64Min, kInt64Min));
  sums = {kInt64Max};
  correct_row(sums, -1, words_of({1}), 0);
  EXPECT_THAT(sums, ElementsAre(kInt64Max));
}

TEST(AddValueSumRow, RescalesHalfUpAndAdds) {
  Sums sums{100, 100, 100, 100};
  add_value_sum_row(sums, words_of({3, -3, 70000, -70000}), kHalf);
  EXPECT_THAT(sums, ElementsAre(102, 99, 35100, -34900));
}

TEST(AddValueSumRow, SaturatesWhatLeaves64Bits) {
  Sums sums{kInt64Max, kInt64Min};
  add_value_sum_row(sums, words_of({2, -2}), kHalf);
  EXPECT_THAT(sums, ElementsAre(kInt64Max, kInt64Min));
}

/// One quotient of divide_row().
std::int16_t divided(std::int64_t t_n, std::int64_t t_d, const Quotient& quotient) {
  Row z(1);
  divide_row(Sums{t_n}, t_d, quotient, z);
  return z[0];
}

TEST(DivideRow, RescalesTheFlooredQuotient) {
  const Quotient quotient{.fraction_bits = 2, .rescale = kHalf};
  EXPECT_EQ(divided(5, 4, quotient), 3);    // 5 / 2 = 2.5
  EXPECT_EQ(divided(-5, 4, quotient), -2);  // -5 / 2 = -2.5
  EXPECT_EQ(divided(-1, 3, quotient), -1);  // floor(-4 / 3) = -2
}

TEST(DivideRow, SaturatesTheQuotientAndThenTheResult) {
  const Quotient quotient{.bits = 10, .rescale = kHalf, .out_bits = 9};
  EXPECT_EQ(divided(510, 1, quotient), 255);
  EXPECT_EQ(divided(511, 1, quotient), 255);  // 256 but for 9 bits
  EXPECT_EQ(divided(1 << 20, 1, {.bits = 10, .rescale = kHalf, .out_bits = 16}), 256);
  EXPECT_EQ(divided(-(1 << 20), 1, {.bits = 10, .rescale = kHalf, .out_bits = 16}), -256);
}

TEST(DivideRow, TakesOneForADenominatorThatIsNotPositiveAndSaysSo) {
  const Quotient quotient{.rescale = kHalf};
  Row z(2);
  for (const std::int64_t t_d : {std::int64_t{0}, std::int64_t{-1}, kInt64Min}) {
    EXPECT_TRUE(divide_row(Sums{20, -20}, t_d, quotient, z)) << t_d;
    EXPECT_THAT(z, ElementsAre(10, -10));
  }
  EXPECT_FALSE(divide_row(Sums{20, -20}, 1, quotient, z));
  EXPECT_THAT(z, ElementsAre(10, -10));
}

TEST(DivideRow, TakesTheLargestDivisorForALargerDenominator) {
  const Quotient quotient{.fraction_bits = 3, .rescale = kHalf};
  EXPECT_EQ(divided(kInt64Max, kInt64Max, quotient), 8);
  EXPECT_EQ(divided(kInt64Max, kLargestDivisor, quotient), 8);
}

TEST_P(RowOfSize, IsDividedAsElementsOneByOneBothWays) {
  Random random(8);
  Sums t_n(GetParam());
  for (auto& sum : t_n) {
    sum = random_integer(random, 63);
  }
  for (const Division division : {kExact, Division{12}}) {
    const Quotient quotient{5, 16, division, {3, 3}, 16};
    Row z(t_n.size());
    EXPECT_FALSE(divide_row(t_n, 777, quotient, z));
    for (std::size_t j = 0; j < z.size(); ++j) {
      ASSERT_EQ(z[j],
                requantize(saturate(divide(t_n[j], 777, 5, division), 16), quotient.rescale, 16));
    }
  }
}

TEST(CountClipped, CountsWhatDoesNotFitAfterRoundingAndNothingElse) {
  EXPECT_EQ(count_clipped(Sums{254, 255, -257, -258, 0}, kHalf, 32, 8), 2);
  EXPECT_EQ(count_clipped(Sums{}, kHalf, 32, 8), 0);
}

TEST(CountClipped, LooksAtTheSaturatedSum) {
  EXPECT_EQ(count_clipped(Sums{1000, -1000}, {1, 2}, 9, 8), 0);
  EXPECT_EQ(count_clipped(Sums{1000, -1000}, {1, 2}, 16, 8), 2);
}

}  // namespace
}  // namespace vitsim::kernels
