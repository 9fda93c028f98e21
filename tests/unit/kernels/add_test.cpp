// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/add.h"

#include <vector>

#include <gmock/gmock.h>

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

}  // namespace
}  // namespace vitsim::kernels
