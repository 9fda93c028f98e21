// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/post_process.h"

#include <limits>
#include <vector>

#include <gmock/gmock.h>

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
