// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/add.h"

#include <span>
#include <vector>

#include <gmock/gmock.h>

#include "support/for_each_target.h"

namespace vitsim::kernels {
namespace {

using ::testing::ElementsAre;

TEST(AddRow, SaturatesTo16BitsWithoutWrapping) {
  const std::vector<std::int16_t> a = {32767, -32768, 32766, -32767, 5};
  const std::vector<std::int16_t> b = {32767, -32768, 1, -1, -7};
  std::vector<std::int16_t> sum(5);
  add_row(a, b, 16, sum);
  EXPECT_THAT(sum, ElementsAre(32767, -32768, 32767, -32768, -2));
}

TEST(AddRow, SaturatesToFewerBits) {
  const std::vector<std::int16_t> a = {100, -100, 126, -127};
  const std::vector<std::int16_t> b = {100, -100, 1, -1};
  std::vector<std::int16_t> sum(4);
  add_row(a, b, 8, sum);
  EXPECT_THAT(sum, ElementsAre(127, -128, 127, -128));
}

TEST(AddRows, AddsEachElementOnceWithAllVectorInstructions) {
  test::for_each_target([] {
    for (std::size_t count = 0; count < 40; ++count) {
      std::vector<std::int64_t> sums(count + 1, 7);
      std::vector<std::int64_t> more(count);
      std::vector<std::int64_t> expected(count + 1, 7);
      for (std::size_t i = 0; i < count; ++i) {
        more[i] = (std::int64_t{1} << 40) - static_cast<std::int64_t>(i * i << 33);
        expected[i] += more[i];
      }
      add_rows(std::span(sums).first(count), more);
      ASSERT_EQ(sums, expected);
    }
  });
}

}  // namespace
}  // namespace vitsim::kernels
