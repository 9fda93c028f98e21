// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/multiply_add.h"

#include <vector>

#include <gtest/gtest.h>

#include "support/for_each_target.h"

namespace vitsim::kernels {
namespace {

template <class Sum>
void expect_each_element_once(Sum large) {
  test::for_each_target([&] {
    for (std::size_t count = 0; count < 70; ++count) {
      std::vector<std::int16_t> a(count);
      std::vector<std::int16_t> b(count);
      std::vector<Sum> add(count);
      std::vector<Sum> expected(count + 1, 9);
      for (std::size_t i = 0; i < count; ++i) {
        a[i] = i % 3 == 0 ? std::int16_t{-32768} : static_cast<std::int16_t>(37 * i);
        b[i] = i % 4 == 0 ? std::int16_t{-32768} : static_cast<std::int16_t>(100 - 51 * i);
        add[i] = i % 2 == 0 ? large : static_cast<Sum>(-large);
        expected[i] = static_cast<Sum>(add[i] + Sum{a[i]} * b[i]);
      }
      std::vector<Sum> out(count + 1, 9);
      multiply_add(a, b, add, std::span(out).first(count));
      ASSERT_EQ(out, expected) << count;
      multiply_add(a, b, add, add);
      expected.pop_back();
      ASSERT_EQ(add, expected) << "in place, " << count;
    }
  });
}

TEST(MultiplyAdd, AddsEachProductTo32BitsWithAllVectorInstructions) {
  expect_each_element_once<std::int32_t>(std::int32_t{1} << 29);
}

TEST(MultiplyAdd, AddsEachProductTo64BitsWithAllVectorInstructions) {
  expect_each_element_once<std::int64_t>(std::int64_t{1} << 45);
}

}  // namespace
}  // namespace vitsim::kernels
