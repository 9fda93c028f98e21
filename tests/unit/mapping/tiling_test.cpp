// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/tiling.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vitsim/core/random.h"
#include "vitsim/core/units.h"

#include "support/random_case.h"

namespace vitsim::mapping {
namespace {

Need random_need(Random& random) {
  return {static_cast<int>(random.integer(1, 2)), random.integer(0, 3) == 0};
}

MatmulNeeds random_matmul(Random& random) {
  MatmulNeeds needs;
  needs.shape = {random.integer(1, 70), random.integer(1, 90), random.integer(1, 90)};
  needs.lhs = random_need(random);
  needs.rhs = random_need(random);
  needs.out = random_need(random);
  if (random.integer(0, 1) == 0) {
    needs.params = Need{12, false};
  }
  if (random.integer(0, 1) == 0) {
    needs.residual = random_need(random);
  }
  needs.rhs_transposed = random.integer(0, 1) == 0;
  return needs;
}

RowsNeeds random_rows(Random& random) {
  RowsNeeds needs;
  needs.rows = random.integer(1, 60);
  needs.cols = random.integer(1, 90);
  needs.in = {random_need(random)};
  if (random.integer(0, 2) == 0) {
    needs.in.push_back(random_need(random));
  } else if (random.integer(0, 1) == 0) {
    needs.params = Need{12, false};
  }
  needs.out = random_need(random);
  return needs;
}

/// Capacities from none to more than anything needs.
std::vector<Bytes> capacities(Bytes least, Random& random) {
  std::vector<Bytes> sizes{least - 1, least, least + 1};
  for (int i = 0; i < 12; ++i) {
    sizes.push_back(least + random.integer(0, Bytes{1} << (2 * i)));
  }
  std::sort(sizes.begin(), sizes.end());
  return sizes;
}

/// What the slots of a tiling take, added up anew.
Bytes bytes_of(const MatmulTiling& tiling, const MatmulNeeds& needs,
               const config::Scratchpad& pad) {
  const auto rows = [&](std::int64_t count, std::int64_t cols, int width) {
    return count * round_up<Bytes>(cols * width, pad.bank_width_bytes);
  };
  const int residual_width = needs.residual ? needs.residual->element_bytes : 0;
  return tiling.lhs_slots * rows(tiling.m, tiling.k, needs.lhs.element_bytes) +
         tiling.rhs_slots * (needs.rhs_transposed
                                 ? rows(tiling.n, tiling.k, needs.rhs.element_bytes)
                                 : rows(tiling.k, tiling.n, needs.rhs.element_bytes)) +
         tiling.params_slots * rows(1, tiling.n, 12) +
         tiling.residual_slots * rows(tiling.m, tiling.n, residual_width) +
         tiling.out_slots * rows(tiling.m, tiling.n, needs.out.element_bytes);
}

class RandomTilings : public testing::TestWithParam<int> {
 protected:
  static constexpr int kCases = 100;
  Random random_{static_cast<std::uint64_t>(GetParam())};
  config::Accelerator machine_ = test::random_config(random_).accelerator;
};

TEST_P(RandomTilings, OfProductsFitTheBytesThatTheySayAndTheMachine) {
  for (int i = 0; i < kCases; ++i) {
    const MatmulNeeds needs = random_matmul(random_);
    const Bytes least = least_bytes(needs, machine_);
    for (const Bytes available : capacities(least, random_)) {
      const auto tiling = choose_tiling(needs, machine_, available);
      ASSERT_EQ(tiling.has_value(), available >= least) << available << " of " << least;
      if (!tiling) {
        continue;
      }
      EXPECT_LE(tiling->bytes, available);
      EXPECT_EQ(tiling->bytes, bytes_of(*tiling, needs, machine_.scratchpad));
      EXPECT_TRUE(tiling->m >= 1 && tiling->m <= needs.shape.m);
      EXPECT_LE(tiling->m, machine_.accumulator_buffer.rows);
      EXPECT_TRUE(tiling->k == needs.shape.k || tiling->k % machine_.pe_array.rows == 0);
      EXPECT_TRUE(tiling->k >= 1 && tiling->k <= needs.shape.k);
      EXPECT_EQ(tiling->n, std::min<std::int64_t>(needs.shape.n, machine_.pe_array.cols));
    }
  }
}

TEST_P(RandomTilings, OfProductsHaveSlotsForWhatIsNotResidentAndForNothingElse) {
  for (int i = 0; i < kCases; ++i) {
    const MatmulNeeds needs = random_matmul(random_);
    const auto tiling = choose_tiling(needs, machine_, Bytes{1} << 30);
    ASSERT_TRUE(tiling);
    const auto expect_slots = [](int slots, bool resident) {
      EXPECT_EQ(slots == 0, resident);
      EXPECT_LE(slots, 2);
    };
    expect_slots(tiling->lhs_slots, needs.lhs.resident);
    expect_slots(tiling->rhs_slots, needs.rhs.resident);
    expect_slots(tiling->out_slots, needs.out.resident);
    expect_slots(tiling->params_slots, !needs.params);
    expect_slots(tiling->residual_slots, !needs.residual || needs.residual->resident);
  }
}

TEST_P(RandomTilings, OfProductsCostNoMoreWithMoreBytes) {
  for (int i = 0; i < kCases; ++i) {
    const MatmulNeeds needs = random_matmul(random_);
    std::optional<MatmulTiling> before;
    for (const Bytes available : capacities(least_bytes(needs, machine_), random_)) {
      const auto tiling = choose_tiling(needs, machine_, available);
      if (before) {
        EXPECT_LE(std::tie(tiling->cycles, tiling->traffic),
                  std::tie(before->cycles, before->traffic));
      }
      before = tiling;
    }
  }
}

TEST_P(RandomTilings, OfProductsMoveEachDistinctByteAtLeastOnce) {
  for (int i = 0; i < kCases; ++i) {
    const MatmulNeeds needs = random_matmul(random_);
    const auto& [m, k, n] = needs.shape;
    const auto bytes = [](const std::optional<Need>& need, std::int64_t elements) {
      return need && !need->resident ? elements * need->element_bytes : Bytes{0};
    };
    const Bytes distinct = bytes(needs.lhs, m * k) + bytes(needs.rhs, k * n) +
                           bytes(needs.out, m * n) + bytes(needs.residual, m * n);
    const Bytes least = least_bytes(needs, machine_);
    EXPECT_GE(choose_tiling(needs, machine_, least)->traffic, distinct);
    EXPECT_GE(choose_tiling(needs, machine_, Bytes{1} << 30)->traffic, distinct);
  }
}

TEST_P(RandomTilings, OfRowsFitTheBytesThatTheySayAndCostNoMoreWithMoreBytes) {
  for (int i = 0; i < kCases; ++i) {
    const RowsNeeds needs = random_rows(random_);
    const Bytes least = least_bytes(needs, machine_);
    std::optional<RowsTiling> before;
    for (const Bytes available : capacities(least, random_)) {
      const auto tiling = choose_tiling(needs, machine_, available);
      ASSERT_EQ(tiling.has_value(), available >= least) << available << " of " << least;
      if (!tiling) {
        continue;
      }
      EXPECT_LE(tiling->bytes, available);
      EXPECT_TRUE(tiling->rows >= 1 && tiling->rows <= needs.rows);
      EXPECT_TRUE(tiling->slots == 1 || tiling->slots == 2);
      if (before) {
        EXPECT_LE(std::tie(tiling->cycles, tiling->traffic),
                  std::tie(before->cycles, before->traffic));
      }
      before = tiling;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, RandomTilings, testing::Range(1, 21));

config::Accelerator square(int size) {
  config::Accelerator machine;
  machine.pe_array.rows = size;
  machine.pe_array.cols = size;
  machine.accumulator_buffer.rows = 256;
  machine.scratchpad.bank_width_bytes = 16;
  return machine;
}

TEST(ChooseTiling, TakesAProductWholeAndLoadsEachOperandOnceWhereThereIsRoom) {
  MatmulNeeds needs;
  needs.shape = {197, 192, 64};
  const auto tiling = choose_tiling(needs, square(64), Bytes{1} << 20);
  ASSERT_TRUE(tiling);
  EXPECT_EQ(tiling->traffic, 197 * 192 + 192 * 64 + 197 * 64);
}

TEST(ChooseTiling, NeedsNoBytesAndNoTrafficForWhatIsResident) {
  MatmulNeeds needs;
  needs.shape = {197, 192, 576};
  needs.lhs.resident = needs.rhs.resident = needs.out.resident = true;
  EXPECT_EQ(least_bytes(needs, square(64)), 0);
  const auto tiling = choose_tiling(needs, square(64), 0);
  ASSERT_TRUE(tiling);
  EXPECT_EQ(tiling->bytes, 0);
  EXPECT_EQ(tiling->traffic, 0);
}

TEST(LeastBytes, AreARowOfEachOperandAndAFoldOfTheStationary) {
  MatmulNeeds needs;
  needs.shape = {197, 192, 576};
  needs.params = Need{12, false};
  needs.residual = Need{2, false};
  needs.out = Need{2, false};
  const auto machine = square(20);  // rows of 20 bytes take 32
  EXPECT_EQ(least_bytes(needs, machine), 32 + 20 * 32 + 240 + 48 + 48);
  needs.rhs_transposed = true;
  needs.rhs.element_bytes = 2;  // 20 rows of 40 bytes, each of which takes 48
  EXPECT_EQ(least_bytes(needs, machine), 32 + 20 * 48 + 240 + 48 + 48);
}

TEST(SlotPitch, IsAMultipleOfABanksWidth) {
  config::Scratchpad pad;
  pad.bank_width_bytes = 12;
  EXPECT_EQ(slot_pitch(1, pad), 12);
  EXPECT_EQ(slot_pitch(12, pad), 12);
  EXPECT_EQ(slot_pitch(13, pad), 24);
  EXPECT_EQ(slot_bytes(3, 13, pad), 72);
}

}  // namespace
}  // namespace vitsim::mapping
