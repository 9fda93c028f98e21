// SPDX-License-Identifier: Apache-2.0
// Compiled once for each target of Highway.
#include <algorithm>
#include <array>
#include <vector>

#include <gmock/gmock.h>

#include "vitsim/kernels/int_exp.h"

#include "support/for_each_target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/vector_exp_test.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "../../../src/kernels/int_exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {

/// x becomes IntExp of it.
void exp_of_row(const IntExp& exp, std::vector<std::int32_t>& x) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  for (std::int32_t& value : x) {
    value = static_cast<std::int32_t>(exp(value));
  }
#else
  const VectorExp vector_exp(exp);
  for (std::size_t i = 0; i + kLanes <= x.size(); i += kLanes) {
    hn::StoreU(vector_exp(hn::LoadU(D32(), x.data() + i)), D32(), x.data() + i);
  }
#endif
}

}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitsim::kernels {
namespace {

HWY_EXPORT(exp_of_row);

void expect_equal(const IntExp& exp, const std::vector<std::int32_t>& x) {
  std::vector<std::int32_t> vectors = x;
  HWY_DYNAMIC_DISPATCH(exp_of_row)(exp, vectors);
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_EQ(vectors[i], exp(x[i])) << "x " << x[i] << ", x0 " << exp.x0() << ", n " << exp.n();
  }
}

constexpr std::array<int, 2> kFractionBits = {15, 23};

TEST(VectorExp, EqualsIntExpForAllDifferencesOf16Bits) {
  std::vector<std::int32_t> x(1 << 16);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = -static_cast<std::int32_t>(i);
  }
  test::for_each_target([&] {
    for (const double inverse : {0.01, 1.0, 2.0, 3.0, 7.0, 20.0, 33.3, 64.0, 499.5, 4095.0, 4096.0,
                                 65537.0, 94206.0, 94208.0, 16777217.0, 33554432.0}) {
      for (const int n : kFractionBits) {
        expect_equal(IntExp(1 / inverse, n), x);
      }
    }
  });
}

TEST(VectorExp, EqualsIntExpNextToAllMultiplesOfAllSteps) {
  test::for_each_target([&] {
    std::vector<std::int32_t> x;
    for (std::int32_t step = 1; step <= 94300; step += step < 3000 ? 1 : 37) {
      for (const int n : kFractionBits) {
        x.clear();
        for (std::int32_t q = 0; q <= n; ++q) {
          // x + x/2 - x/16 is 23/16 x, rounded by at most 1.
          const std::int64_t at = std::int64_t{-16} * q * step / 23;
          for (std::int64_t near = at - 2; near <= at + 2; ++near) {
            x.push_back(static_cast<std::int32_t>(std::clamp<std::int64_t>(near, -65535, 0)));
          }
        }
        x.resize((x.size() + 63) / 64 * 64);
        expect_equal(IntExp(1.0 / step, n), x);
      }
    }
  });
}

}  // namespace
}  // namespace vitsim::kernels
#endif
