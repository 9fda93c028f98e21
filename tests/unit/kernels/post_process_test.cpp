// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/post_process.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <gmock/gmock.h>

#include "vitsim/core/random.h"

#include "support/for_each_target.h"

namespace vitsim::kernels {
namespace {

using ::testing::ElementsAre;

constexpr Rescale kHalf{1, 1};
constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();

struct Result {
  std::vector<std::int16_t> out;
  std::int64_t saturated;
};

Result run(const std::vector<std::int64_t>& sums, const std::vector<ChannelParams>& params,
           const std::vector<std::int16_t>& residual = {}, PostProcessWidths widths = {}) {
  Result result{std::vector<std::int16_t>(sums.size()), 0};
  result.saturated = post_process_row(sums, params, residual, result.out, widths);
  return result;
}

/// The definition.
Result defined(const std::vector<std::int64_t>& sums, const std::vector<ChannelParams>& params,
               const std::vector<std::int16_t>& residual, PostProcessWidths widths) {
  Result result{{}, 0};
  for (std::size_t n = 0; n < sums.size(); ++n) {
    const ChannelParams& channel = params.size() == 1 ? params[0] : params[n];
    const std::int64_t sum = sums[n] + channel.bias;
    const std::int64_t accumulator = saturate(sum, widths.accumulator_bits);
    result.saturated += accumulator != sum ? 1 : 0;
    const std::int64_t rescaled =
        saturate(rescale(accumulator, channel.rescale), 48) + (residual.empty() ? 0 : residual[n]);
    result.out.push_back(static_cast<std::int16_t>(saturate(rescaled, widths.output_bits)));
  }
  return result;
}

TEST(PostProcessRow, EqualsTheDefinitionWithAllVectorInstructions) {
  test::for_each_target([] {
    Random random(1);
    for (int i = 0; i < 3000; ++i) {
      const auto count = static_cast<std::size_t>(random.integer(0, 70));
      const PostProcessWidths widths{static_cast<int>(random.integer(8, 40)),
                                     static_cast<int>(random.integer(2, 16))};
      // Up to and beyond what the accumulator holds.
      const std::int64_t end = std::int64_t{1} << random.integer(1, widths.accumulator_bits + 2);
      const bool extreme = random.integer(0, 3) == 0;
      std::vector<std::int64_t> sums(count);
      std::vector<ChannelParams> params(
          random.integer(0, 1) == 0 ? 1 : std::max<std::size_t>(count, 1));
      std::vector<std::int16_t> residual(random.integer(0, 1) == 0 ? 0 : count);
      for (auto& sum : sums) {
        sum = extreme ? (end >> 1) - random.integer(0, 1) : random.integer(-end, end);
      }
      for (auto& channel : params) {
        channel.bias = static_cast<std::int32_t>(random.integer(-kInt32Max - 1, kInt32Max)) >>
                       random.integer(0, 31);
        channel.rescale.multiplier =
            static_cast<std::int32_t>(random.integer(-kInt32Max - 1, kInt32Max));
        channel.rescale.shift = static_cast<std::int32_t>(random.integer(1, 62));
      }
      for (auto& added : residual) {
        added = static_cast<std::int16_t>(random.integer(-32768, 32767));
      }
      if (params.size() != 1) {
        params.resize(count);
      }
      const Result expected = defined(sums, params, residual, widths);
      const Result result = run(sums, params, residual, widths);
      ASSERT_EQ(result.out, expected.out) << i;
      ASSERT_EQ(result.saturated, expected.saturated) << i;
    }
  });
}

TEST(PostProcessRow, AddsTheBiasBeforeItRescales) {
  EXPECT_THAT(run({10, 10, -10}, {{1, kHalf}, {-1, kHalf}, {0, {1, 2}}}).out,
              ElementsAre(6, 5, -2));
}

TEST(PostProcessRow, UsesASingleEntryForAllColumns) {
  EXPECT_THAT(run({10, 20, 30}, {{2, kHalf}}).out, ElementsAre(6, 11, 16));
}

TEST(PostProcessRow, AddsTheResidualAfterRescalingAndSaturatesOnlyTheSum) {
  EXPECT_THAT(run({1000, -1000, 4}, {{0, kHalf}}, {-400, 400, 3}).out, ElementsAre(100, -100, 5));
  EXPECT_THAT(run({250, -254}, {{0, kHalf}}, {3, -2}).out, ElementsAre(127, -128));
}

TEST(PostProcessRow, SaturatesSumAndBiasToTheAccumulatorAndCounts) {
  const PostProcessWidths widths{.accumulator_bits = 10, .output_bits = 16};
  const Result result =
      run({511, 511, 512, -513, -512}, {{0, kHalf}, {1, kHalf}, {0, kHalf}, {0, kHalf}, {0, kHalf}},
          {}, widths);
  EXPECT_THAT(result.out, ElementsAre(256, 256, 256, -256, -256));
  EXPECT_EQ(result.saturated, 3);
}

TEST(PostProcessRow, SaturatesTheFinishedSumNotTheSumBeforeTheBias) {
  const Result result = run({kInt32Max + 10}, {{-20, {1, 31}}}, {}, {32, 16});
  EXPECT_EQ(result.saturated, 0);
}

TEST(PostProcessRow, NeitherWrapsNorOverflowsAtTheEndsOfWideAccumulators) {
  const std::int64_t huge = std::int64_t{1} << 61;
  const Rescale large{std::numeric_limits<std::int32_t>::max(), 1};
  EXPECT_THAT(run({huge, -huge}, {{5, large}}, {32767, -32768}, {64, 16}).out,
              ElementsAre(32767, -32768));
}

}  // namespace
}  // namespace vitsim::kernels
