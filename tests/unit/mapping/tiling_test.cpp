// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/tiling.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vitsim/core/random.h"
#include "vitsim/core/units.h"
#include "vitsim/mapping/needs.h"
#include "vitsim/timing/gemm.h"

#include "support/random_case.h"

namespace vitsim::mapping {
namespace {

/// Of machines without partitions.
template <class T>
Bytes least_bytes(const T& needs, const config::Accelerator& machine) {
  return least_room(needs, machine).total();
}

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
  needs.lhs_transposed = random.integer(0, 2) == 0;
  needs.rhs_transposed = random.integer(0, 1) == 0;
  return needs;
}

RowsNeeds random_rows(Random& random) {
  RowsNeeds needs;
  needs.rows = random.integer(1, 60);
  needs.most_rows = random.integer(1, needs.rows);
  const std::int64_t cols = random.integer(1, 90);
  const auto any_line = [&] {
    return random.integer(0, 2) == 0 ? RowsOperand::Lie::kColumns : RowsOperand::Lie::kRows;
  };
  needs.operands.push_back({random_need(random), cols, any_line()});
  if (random.integer(0, 2) == 0) {
    needs.operands.push_back({random_need(random), cols, any_line()});
  } else if (random.integer(0, 1) == 0) {
    needs.operands.push_back({{12, false}, cols, RowsOperand::Lie::kTable});
  }
  needs.operands.push_back({random_need(random), cols, any_line()});
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
  return tiling.lhs_slots * (needs.lhs_transposed
                                 ? rows(tiling.k, tiling.m, needs.lhs.element_bytes)
                                 : rows(tiling.m, tiling.k, needs.lhs.element_bytes)) +
         tiling.rhs_slots * (needs.rhs_transposed
                                 ? rows(tiling.n, tiling.k, needs.rhs.element_bytes)
                                 : rows(tiling.k, tiling.n, needs.rhs.element_bytes)) +
         tiling.params_slots * rows(1, tiling.n, 12) +
         tiling.residual_slots * rows(tiling.m, tiling.n, residual_width) +
         tiling.out_slots * rows(tiling.m, tiling.n, needs.out.element_bytes);
}

Bytes bytes_of(const RowsTiling& tiling, const RowsNeeds& needs, const config::Scratchpad& pad) {
  Bytes bytes = 0;
  for (const RowsOperand& operand : needs.operands) {
    const bool columns = operand.lie == RowsOperand::Lie::kColumns;
    const bool table = operand.lie == RowsOperand::Lie::kTable;
    const std::int64_t rows = table ? 1 : columns ? operand.cols : tiling.rows;
    const std::int64_t cols = columns ? tiling.rows : operand.cols;
    if (!operand.need.resident) {
      bytes += (table ? 1 : tiling.slots) * rows *
               round_up<Bytes>(cols * operand.need.element_bytes, pad.bank_width_bytes);
    }
  }
  return bytes;
}

/// What a tile's sides may be: by the array, how the sums leave it, and where they are kept.
struct Limits {
  std::int64_t m;
  std::int64_t k;
  std::int64_t n;
  std::int64_t k_unit;      ///< k is a multiple, or all
  std::int64_t m_unit = 1;  ///< m is a multiple, or all, or less
};

Limits limits_of(const model::GemmShape& shape, const config::Accelerator& machine) {
  const config::PeArray& array = machine.pe_array;
  const std::int64_t kept = machine.accumulator_buffer.rows;
  if (array.kind == config::ArrayKind::kRowWise) {
    const std::int64_t piece = std::int64_t{array.blocks} * array.macs_per_block;
    return {array.rows, std::max<std::int64_t>(array.row_buffer_elements, piece), kept, piece};
  }
  switch (array.dataflow) {
    case config::Dataflow::kInputStationary:
      return {array.cols, shape.k, kept, array.rows};
    case config::Dataflow::kOutputStationary:
      return {kept, shape.k, array.cols, array.rows, array.rows};
    case config::Dataflow::kWeightStationary:
      break;
  }
  return {kept, shape.k, array.cols, array.rows};
}

bool is_within(std::int64_t size, std::int64_t total, std::int64_t limit, std::int64_t unit) {
  return size >= 1 && size <= std::min(total, limit) && (size == total || size % unit == 0);
}

bool is_allowed(const model::GemmShape& tile, const model::GemmShape& shape, const Limits& limits) {
  return is_within(tile.m, shape.m, limits.m, tile.m <= limits.m_unit ? 1 : limits.m_unit) &&
         is_within(tile.k, shape.k, limits.k, limits.k_unit) &&
         is_within(tile.n, shape.n, limits.n, 1);
}

class RandomTilings : public testing::TestWithParam<int> {
 protected:
  static constexpr int kCases = 60;
  Random random_{static_cast<std::uint64_t>(GetParam())};
  config::Accelerator machine_ = test::random_config(random_).accelerator;
};

TEST_P(RandomTilings, OfProductsFitTheBytesThatTheySayAndTheMachine) {
  for (int i = 0; i < kCases; ++i) {
    const MatmulNeeds needs = random_matmul(random_);
    const Bytes least = least_bytes(needs, machine_);
    for (const Bytes available : capacities(least, random_)) {
      const auto chosen = choose_tiling(needs, machine_, available);
      ASSERT_EQ(chosen.has_value(), available >= least) << available << " of " << least;
      if (!chosen) {
        continue;
      }
      EXPECT_LE(chosen->tiling.room.total(), available);
      EXPECT_EQ(chosen->tiling.room.total(), bytes_of(chosen->tiling, needs, machine_.scratchpad));
      EXPECT_TRUE(is_allowed({chosen->tiling.m, chosen->tiling.k, chosen->tiling.n}, needs.shape,
                             limits_of(needs.shape, machine_)))
          << chosen->tiling.m << " x " << chosen->tiling.k << " x " << chosen->tiling.n;
      // As wide as the array.
      const Limits limits = limits_of(needs.shape, machine_);
      if (config::holds_inputs(machine_.pe_array)) {
        EXPECT_EQ(chosen->tiling.m, std::min(needs.shape.m, limits.m));
      } else {
        EXPECT_EQ(chosen->tiling.n, std::min(needs.shape.n, limits.n));
      }
    }
  }
}

TEST_P(RandomTilings, OfProductsAreAsSmallAsTilesAsWideAsTheArrayCanBeWhereBytesAreFew) {
  for (int i = 0; i < kCases; ++i) {
    MatmulNeeds needs = random_matmul(random_);
    needs.shape = {random_.integer(1, 12), random_.integer(1, 24), random_.integer(1, 12)};
    const Limits limits = limits_of(needs.shape, machine_);
    const bool columns = config::holds_inputs(machine_.pe_array);
    std::optional<Bytes> least;
    MatmulTiling tile;
    tile.lhs_slots = needs.lhs.resident ? 0 : 1;
    tile.rhs_slots = needs.rhs.resident ? 0 : 1;
    tile.out_slots = needs.out.resident ? 0 : 1;
    tile.params_slots = needs.params ? 1 : 0;
    tile.residual_slots = needs.residual && !needs.residual->resident ? 1 : 0;
    for (tile.m = 1; tile.m <= needs.shape.m; ++tile.m) {
      for (tile.k = 1; tile.k <= needs.shape.k; ++tile.k) {
        for (tile.n = 1; tile.n <= needs.shape.n; ++tile.n) {
          const bool wide = columns ? tile.m == std::min(needs.shape.m, limits.m)
                                    : tile.n == std::min(needs.shape.n, limits.n);
          if (wide && is_allowed({tile.m, tile.k, tile.n}, needs.shape, limits)) {
            const Bytes bytes = bytes_of(tile, needs, machine_.scratchpad);
            least = std::min(bytes, least.value_or(bytes));
          }
        }
      }
    }
    EXPECT_EQ(least_bytes(needs, machine_), least);
  }
}

TEST_P(RandomTilings, OfProductsHaveSlotsForWhatIsNotResidentAndForNothingElse) {
  for (int i = 0; i < kCases; ++i) {
    const MatmulNeeds needs = random_matmul(random_);
    const auto chosen = choose_tiling(needs, machine_, Bytes{1} << 30);
    ASSERT_TRUE(chosen);
    const auto expect_slots = [](int slots, bool resident) {
      EXPECT_EQ(slots == 0, resident);
      EXPECT_LE(slots, 2);
    };
    expect_slots(chosen->tiling.lhs_slots, needs.lhs.resident);
    expect_slots(chosen->tiling.rhs_slots, needs.rhs.resident);
    expect_slots(chosen->tiling.out_slots, needs.out.resident);
    expect_slots(chosen->tiling.params_slots, !needs.params);
    expect_slots(chosen->tiling.residual_slots, !needs.residual || needs.residual->resident);
  }
}

TEST_P(RandomTilings, OfProductsCostNoMoreWithMoreBytes) {
  for (int i = 0; i < kCases; ++i) {
    const MatmulNeeds needs = random_matmul(random_);
    std::optional<ChosenTiling<MatmulTiling>> before;
    for (const Bytes available : capacities(least_bytes(needs, machine_), random_)) {
      const auto chosen = choose_tiling(needs, machine_, available);
      if (before) {
        EXPECT_LE(std::tie(chosen->cost.cycles, chosen->cost.traffic),
                  std::tie(before->cost.cycles, before->cost.traffic));
      }
      before = chosen;
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
    EXPECT_GE(choose_tiling(needs, machine_, least)->cost.traffic, distinct);
    EXPECT_GE(choose_tiling(needs, machine_, Bytes{1} << 30)->cost.traffic, distinct);
  }
}

TEST_P(RandomTilings, OfRowsFitTheBytesThatTheySayAndCostNoMoreWithMoreBytes) {
  for (int i = 0; i < kCases; ++i) {
    const RowsNeeds needs = random_rows(random_);
    const Bytes least = least_bytes(needs, machine_);
    std::optional<ChosenTiling<RowsTiling>> before;
    for (const Bytes available : capacities(least, random_)) {
      const auto chosen = choose_tiling(needs, machine_, available);
      ASSERT_EQ(chosen.has_value(), available >= least) << available << " of " << least;
      if (!chosen) {
        continue;
      }
      EXPECT_LE(chosen->tiling.room.total(), available);
      EXPECT_TRUE(chosen->tiling.rows >= 1 && chosen->tiling.rows <= needs.most_rows);
      EXPECT_TRUE(chosen->tiling.slots == 1 || chosen->tiling.slots == 2);
      EXPECT_EQ(chosen->tiling.room.total(), bytes_of(chosen->tiling, needs, machine_.scratchpad));
      if (before) {
        EXPECT_LE(std::tie(chosen->cost.cycles, chosen->cost.traffic),
                  std::tie(before->cost.cycles, before->cost.traffic));
      }
      before = chosen;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, RandomTilings, testing::Range(1, 61));

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
  const auto chosen = choose_tiling(needs, square(64), Bytes{1} << 20);
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->cost.traffic, 197 * 192 + 192 * 64 + 197 * 64);
}

TEST(ChooseTiling, NeedsNoBytesAndNoTrafficForWhatIsResident) {
  MatmulNeeds needs;
  needs.shape = {197, 192, 576};
  needs.lhs.resident = needs.rhs.resident = needs.out.resident = true;
  EXPECT_EQ(least_bytes(needs, square(64)), 0);
  const auto chosen = choose_tiling(needs, square(64), 0);
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->tiling.room.total(), 0);
  EXPECT_EQ(chosen->cost.traffic, 0);
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

TEST(LeastBytes, AreTheOtherWayRoundWhereInputsAreStationary) {
  MatmulNeeds needs;
  needs.shape = {197, 192, 576};
  needs.params = Need{12, false};
  needs.residual = Need{2, false};
  needs.out = Need{2, false};
  auto machine = square(20);
  machine.pe_array.dataflow = config::Dataflow::kInputStationary;
  // A column of rhs and of what is as wide as the result, each element a row of its own.
  EXPECT_EQ(least_bytes(needs, machine), 20 * 32 + 20 * 16 + 16 + 20 * 16 + 20 * 16);
  needs.rhs_transposed = true;
  EXPECT_EQ(least_bytes(needs, machine), 20 * 32 + 32 + 16 + 20 * 16 + 20 * 16);
}

TEST(LeastBytes, AreAPieceOfEachTokenWhereRowsShareTheWeights) {
  MatmulNeeds needs;
  needs.shape = {197, 192, 576};
  needs.rhs_transposed = true;
  auto machine = square(7);
  machine.pe_array.kind = config::ArrayKind::kRowWise;  // of 12 blocks of 4 MACs
  machine.pe_array.row_buffer_elements = 1;
  EXPECT_EQ(least_bytes(needs, machine), 7 * 48 + 48 + 7 * 16);
}

/// Nothing to load: the array's cycles alone decide.
MatmulNeeds resident(const model::GemmShape& shape) {
  MatmulNeeds needs;
  needs.shape = shape;
  needs.lhs.resident = needs.rhs.resident = needs.out.resident = true;
  return needs;
}

TEST(ChooseTiling, TakesARowWholeThatTheRowBufferHolds) {
  const MatmulNeeds needs = resident({197, 1024, 64});
  auto machine = square(7);
  machine.pe_array.kind = config::ArrayKind::kRowWise;
  const auto k_of = [&](int row_buffer_elements) {
    machine.pe_array.row_buffer_elements = row_buffer_elements;
    return choose_tiling(needs, machine, Bytes{1} << 20)->tiling.k;
  };
  EXPECT_EQ(k_of(1024), 1024);
  EXPECT_LT(k_of(1023), 1024);  // in pieces of 48
  EXPECT_EQ(k_of(1023) % 48, 0);
}

TEST(ChooseTiling, TakesAllRowsOfSumsAtOnceThatTheAccumulatorBufferHolds) {
  const MatmulNeeds needs = resident({197, 192, 64});
  auto machine = square(64);
  for (const auto dataflow :
       {config::Dataflow::kWeightStationary, config::Dataflow::kOutputStationary}) {
    machine.pe_array.dataflow = dataflow;
    machine.accumulator_buffer.rows = 197;
    EXPECT_EQ(choose_tiling(needs, machine, Bytes{1} << 20)->tiling.m, 197);
    machine.accumulator_buffer.rows = 196;
    EXPECT_LT(choose_tiling(needs, machine, Bytes{1} << 20)->tiling.m, 197);
  }
}

TEST(ChooseTiling, CountsTheFoldsThatAPartOfKMakesWhereSumsAreStationary) {
  // Loads are as fast as they can be, so that the first tile's are all that speaks for small ones:
  // 128 KiB hold all, but each part of K would fill and drain the array again.
  MatmulNeeds needs;
  needs.shape = {64, 4096, 64};
  auto machine = square(64);
  machine.dram.kind = config::DramKind::kIdeal;
  machine.dma.burst_bytes = 4096;
  machine.pe_array.overlap_folds = false;
  machine.pe_array.dataflow = config::Dataflow::kOutputStationary;
  const auto chosen = choose_tiling(needs, machine, Bytes{1} << 20);
  EXPECT_EQ(chosen->tiling.k, 4096);
  EXPECT_GE(chosen->cost.cycles, timing::gemm_cycles(needs.shape, machine.pe_array));
}

TEST(SlotPitch, IsAMultipleOfABanksWidth) {
  config::Scratchpad pad;
  pad.bank_width_bytes = 12;
  EXPECT_EQ(slot_pitch(1, pad), 12);
  EXPECT_EQ(slot_pitch(12, pad), 12);
  EXPECT_EQ(slot_pitch(13, pad), 24);
  EXPECT_EQ(slot_bytes(3, 13, pad), 72);
}

TEST(SlotBytes, OfAnOperandThatLiesByColumnsAreThoseOfItsRows) {
  config::Scratchpad pad;
  pad.bank_width_bytes = 16;
  RowsOperand operand{{2, false}, 5, RowsOperand::Lie::kRows};
  EXPECT_EQ(slot_bytes(operand, 20, pad), 20 * 16);
  operand.lie = RowsOperand::Lie::kColumns;  // 5 rows of 40 bytes
  EXPECT_EQ(slot_bytes(operand, 20, pad), 5 * 48);
  operand.lie = RowsOperand::Lie::kTable;
  EXPECT_EQ(slot_bytes(operand, 20, pad), 16);
}

TEST(ResidentPitch, OfASkewedTensorIsAnOddNumberOfWords) {
  config::Scratchpad pad;
  pad.bank_width_bytes = 8;
  model::Tensor tensor;
  tensor.rows = 3;
  for (const bool skewed : {false, true}) {
    tensor.skewed = skewed;
    const auto pitch_of = [&](std::int64_t cols) {
      tensor.cols = cols;
      EXPECT_EQ(resident_bytes(tensor, pad), 3 * resident_pitch(tensor, cols, pad));
      return resident_pitch(tensor, cols, pad);
    };
    EXPECT_EQ(pitch_of(8), 8);
    EXPECT_EQ(pitch_of(9), skewed ? 24 : 16);
    EXPECT_EQ(pitch_of(16), skewed ? 24 : 16);
    EXPECT_EQ(pitch_of(17), 24);
    EXPECT_EQ(pitch_of(25), skewed ? 40 : 32);
  }
}

TEST(ChooseTiling, TakesAFoldOfTokensAtATimeWhereTheyAreOnTheirWay) {
  MatmulNeeds needs = resident({64, 197, 64});
  needs.lhs_transposed = true;
  auto machine = square(64);
  const auto k_of = [&] { return choose_tiling(needs, machine, Bytes{1} << 20)->tiling.k; };
  EXPECT_EQ(k_of(), 197);
  needs.fold_by_fold = true;
  EXPECT_EQ(k_of(), 64);
  machine.pe_array.dataflow = config::Dataflow::kInputStationary;
  EXPECT_EQ(k_of(), 64);
  needs.shape.k = 40;  // less than a fold
  EXPECT_EQ(k_of(), 40);
}

TEST(LeastBytes, OfATransposedLeftOperandAreARowOfAFoldOfIts) {
  MatmulNeeds needs;
  needs.shape = {197, 192, 576};
  needs.rhs.resident = needs.out.resident = true;
  const auto machine = square(20);
  EXPECT_EQ(least_bytes(needs, machine), 32);  // one row of 20 bytes
  needs.lhs_transposed = true;
  EXPECT_EQ(least_bytes(needs, machine), 20 * 16);  // 20 rows of one byte
}

TEST(NeedsOf, AProductOverTokensAreFoldByFoldOnArraysThatHoldAnOperand) {
  model::Graph graph;
  graph.tensors.resize(3);
  const model::View whole{0, 0, 0, 30, 4};
  for (const auto& [kind, dataflow, by_fold] :
       {std::tuple(config::ArrayKind::kSystolic, config::Dataflow::kWeightStationary, true),
        std::tuple(config::ArrayKind::kSystolic, config::Dataflow::kInputStationary, true),
        std::tuple(config::ArrayKind::kSystolic, config::Dataflow::kOutputStationary, false),
        std::tuple(config::ArrayKind::kRowWise, config::Dataflow::kWeightStationary, false)}) {
    auto machine = square(8);
    machine.pe_array.kind = kind;
    machine.pe_array.dataflow = dataflow;
    for (const bool transposed : {false, true}) {
      model::Op op;
      op.out = {2, 0, 0, 4, 4};
      op.work = model::Matmul{.lhs = whole, .rhs = {1, 0, 0, 30, 4}, .lhs_transposed = transposed};
      const auto needs = std::get<MatmulNeeds>(
          needs_of(op, graph, machine, [](const model::View&) { return false; }));
      EXPECT_EQ(needs.lhs_transposed, transposed);
      EXPECT_EQ(needs.fold_by_fold, transposed && by_fold);
    }
  }
}

}  // namespace
}  // namespace vitsim::mapping
