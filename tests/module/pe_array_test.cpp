// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/pe_array.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/timing/gemm.h"

#include "support/pe_array_form_test.h"

namespace vitsim::test {
namespace {

using config::ArrayKind;
using config::ArrayModel;

class PeArrayTest : public PeArrayFormTest {};
INSTANTIATE_TEST_SUITE_P(Form, PeArrayTest, both_forms(), name_of_form);

/// The source of what streams: a beat of it makes the array busy.
Source<hw::OperandRows>& streaming(PeArrayBench& bench) {
  return config::holds_inputs(bench.config) ? bench.rhs_source : bench.lhs_source;
}

struct Size {
  int rows;
  int cols;
  model::GemmShape shape;
};

std::vector<Size> sizes() {
  return {
      {1, 1, {1, 1, 1}},    {1, 1, {9, 5, 7}},     {1, 7, {5, 3, 20}},     {7, 1, {5, 20, 3}},
      {4, 4, {1, 4, 4}},    {4, 4, {1, 40, 9}},    {4, 4, {3, 17, 9}},     {4, 4, {4, 16, 16}},
      {4, 4, {5, 16, 16}},  {8, 3, {7, 24, 10}},   {8, 3, {8, 25, 1}},     {3, 8, {100, 7, 30}},
      {5, 6, {23, 1, 19}},  {8, 5, {31, 3, 11}},   {6, 2, {12, 6, 4}},     {2, 9, {7, 3, 9}},
      {16, 16, {2, 64, 5}}, {16, 16, {50, 8, 40}}, {16, 16, {17, 33, 33}}, {32, 8, {5, 200, 20}},
      {8, 8, {40, 300, 3}},
  };
}

/// A product each on every sort of array.
struct EveryArray {
  std::deque<PeArrayBench> benches;
  std::vector<model::GemmShape> shapes;

  explicit EveryArray(ArrayModel form) {
    for (const Size& size : sizes()) {
      for (const config::PeArray& array : every_array(size.rows, size.cols)) {
        benches.emplace_back(sc_core::sc_gen_unique_name("bench"), in_form(form, array))
            .add_product(size.shape);
        shapes.push_back(size.shape);
      }
    }
  }
  void run(Cycles cycles) {
    reset_all(benches);
    benches.back().run_through(cycles);
  }
  [[nodiscard]] std::string describe(std::size_t i) const {
    return test::describe(benches[i].config, shapes[i]);
  }
};

TEST_P(PeArrayTest, TakesTheCyclesOfTheClosedFormWhereNothingWaits) {
  EveryArray all(GetParam());
  all.run(20'000);
  for (std::size_t i = 0; i < all.benches.size(); ++i) {
    SCOPED_TRACE(all.describe(i));
    ASSERT_EQ(all.benches[i].came(), all.benches[i].expected);
    EXPECT_EQ(all.benches[i].pes->first_operand(), kFirst);
    EXPECT_EQ(all.benches[i].sink.cycles.back(), all.benches[i].pes->last_sum() + 1);
    EXPECT_EQ(all.benches[i].span(), timing::gemm_cycles(all.shapes[i], all.benches[i].config));
  }
}

TEST_P(PeArrayTest, DeitTinysQkvTakesTheCyclesOfTheDesignsTable) {
  struct Row {
    config::PeArray array;
    Cycles cycles;
  };
  const std::vector<Row> table{
      {without_overlap(weight_stationary(64, 64)), 10'449},
      {weight_stationary(64, 64), 5'509},
      {without_overlap(input_stationary(64, 64)), 9'192},
      {without_overlap(output_stationary(64, 64)), 11'448},
      {without_overlap(exposed(output_stationary(64, 64))), Cycles{36} * (318 + 64)},
      {row_wise(7, 12, 4), 66'816 + 4},
  };
  std::deque<PeArrayBench> benches;
  for (const Row& row : table) {
    auto& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"), form(row.array));
    bench.add_product({197, 192, 576});
  }
  reset_all(benches);
  benches.back().run_through(70'000);
  for (std::size_t i = 0; i < table.size(); ++i) {
    SCOPED_TRACE(describe(table[i].array));
    ASSERT_EQ(benches[i].came(), benches[i].expected);
    EXPECT_EQ(benches[i].span(), table[i].cycles);
  }
}

void expect_closed_form(const std::vector<config::PeArray>& arrays,
                        const std::vector<model::GemmShape>& products) {
  std::deque<PeArrayBench> benches;
  Cycles longest = 0;
  for (const config::PeArray& array : arrays) {
    for (const model::GemmShape& product : products) {
      auto& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"), array);
      bench.add_product(product);
      longest = std::max(longest, timing::gemm_cycles(product, array));
    }
  }
  reset_all(benches);
  benches.back().run_through(longest + 100);
  std::size_t i = 0;
  for (const config::PeArray& array : arrays) {
    for (const model::GemmShape& product : products) {
      const PeArrayBench& bench = benches[i++];
      SCOPED_TRACE(describe(array, product));
      ASSERT_TRUE(bench.came() == bench.expected);
      EXPECT_EQ(bench.span(), timing::gemm_cycles(product, array));
    }
  }
}

/// 64 x 64, and as many rows with 48 MACs each.
std::vector<config::PeArray> large_arrays(ArrayModel form) {
  std::vector<config::PeArray> all = every_array(64, 64);
  all.front() = row_wise(64, 12, 4);
  for (config::PeArray& array : all) {
    array = in_form(form, array);
  }
  return all;
}

TEST(PeArrayClosedFormTest, EveryProductOfDeitTinyTakesTheCyclesOfTheClosedForm) {
  expect_closed_form(large_arrays(ArrayModel::kWavefront), {
                                                               {196, 768, 192},  // patches
                                                               {197, 192, 576},  // Q, K, V
                                                               {197, 192, 192},  // projection
                                                               {197, 192, 768},
                                                               {197, 768, 192},
                                                               {197, 64, 197},  // Q K^T
                                                               {197, 197, 64},
                                                               {1, 192, 1000},  // head
                                                           });
}

TEST(PeArrayClosedFormTest, SoDoSomeOfThemRegisterByRegister) {
  expect_closed_form(large_arrays(ArrayModel::kRegister),
                     {{197, 64, 197}, {197, 197, 64}, {1, 192, 1000}});
}

TEST_P(PeArrayTest, StallsOnAllSidesGiveTheSameSumsInTheSameOrderAndNeverInFewerCycles) {
  EveryArray all(GetParam());
  for (std::size_t i = 0; i < all.benches.size(); ++i) {
    PeArrayBench& bench = all.benches[i];
    bench.command_source.offers = at_random(10 * i, 50);
    bench.lhs_source.offers = at_random(10 * i + 1, 70);
    bench.rhs_source.offers = at_random(10 * i + 2, 70);
    bench.sink.takes = at_random(10 * i + 3, 60);
  }
  std::vector<std::vector<Cycles>> forwards;
  for (const bool reverse : {false, true}) {
    for (auto& bench : all.benches) {
      bench.clock.set_reverse_order(reverse);
    }
    all.run(40'000);
    for (std::size_t i = 0; i < all.benches.size(); ++i) {
      SCOPED_TRACE(all.describe(i));
      const PeArrayBench& bench = all.benches[i];
      ASSERT_EQ(bench.came(), bench.expected);
      EXPECT_GE(bench.span(), timing::gemm_cycles(all.shapes[i], bench.config));
      if (reverse) {
        EXPECT_EQ(bench.sink.cycles, forwards[i]) << "in reverse order";
      } else {
        forwards.push_back(bench.sink.cycles);
      }
    }
  }
}

TEST_P(PeArrayTest, SumsOfTheLeastOperandsOf16BitsAreExact) {
  std::deque<PeArrayBench> benches;
  IntMatrix least(2, 2);
  for (const std::int64_t row : {0, 1}) {
    std::ranges::fill(least.row(row), std::int16_t{-32768});
  }
  for (const config::PeArray& array : every_array(2, 2)) {
    benches.emplace_back(sc_core::sc_gen_unique_name("bench"), form(array), hw::OperandBits{16, 16})
        .add(least.view(), least.view(), 0);
  }
  reset_all(benches);
  benches.back().run_through(100);
  for (const auto& bench : benches) {
    SCOPED_TRACE(describe(bench.config));
    EXPECT_EQ(bench.came(), std::vector(2, std::vector<std::int64_t>(2, std::int64_t{1} << 31)));
  }
}

TEST_P(PeArrayTest, AResetInTheMiddleOfARunLeavesNothingBehind) {
  EveryArray all(GetParam());
  all.run(20'000);
  std::vector<std::vector<Cycles>> undisturbed;
  for (const auto& bench : all.benches) {
    undisturbed.push_back(bench.sink.cycles);
  }
  for (const Cycles cycle : {13, 14, 40}) {
    all.run(cycle);
  }
  all.run(20'000);
  for (std::size_t i = 0; i < all.benches.size(); ++i) {
    SCOPED_TRACE(all.describe(i));
    EXPECT_EQ(all.benches[i].came(), all.benches[i].expected);
    EXPECT_EQ(all.benches[i].sink.cycles, undisturbed[i]);
    EXPECT_EQ(all.benches[i].pes->first_operand(), kFirst);
  }
}

TEST_P(PeArrayTest, WhileTheSinkIsFullNothingEntersAndAfterwardsAllGoesOnAsIfTheTimeHadNotPassed) {
  // A beat of sums each cycle from before 30 on.
  std::deque<PeArrayBench> benches;
  const auto add = [&](const config::PeArray& array, const model::GemmShape& shape) {
    benches.emplace_back(sc_core::sc_gen_unique_name("bench"), form(array)).add(shape);
  };
  add(weight_stationary(4, 4), {30, 16, 4});
  add(loading(2, weight_stationary(4, 4)), {30, 16, 4});
  add(input_stationary(4, 4), {4, 16, 30});
  add(output_stationary(4, 4), {100, 4, 4});
  add(exposed(output_stationary(4, 4)), {100, 4, 4});
  add(row_wise(4, 8, 2), {20, 16, 20});
  reset_all(benches);
  benches.back().run_through(500);
  std::vector<std::vector<Cycles>> undisturbed;
  for (auto& bench : benches) {
    undisturbed.push_back(bench.sink.cycles);
    bench.sink.takes = [](Cycles cycle) { return cycle < 30 || cycle >= 60; };
  }
  reset_all(benches);
  benches.back().run_through(60);
  for (auto& bench : benches) {
    SCOPED_TRACE(describe(bench.config));
    // The sums' stream took two more; what waits before the array filled up as it stood still.
    EXPECT_LE(bench.lhs_source.written.back(), 33);
    EXPECT_LE(bench.rhs_source.written.back(), 33);
  }
  benches.back().run_through(500);
  for (std::size_t i = 0; i < benches.size(); ++i) {
    SCOPED_TRACE(describe(benches[i].config));
    EXPECT_EQ(benches[i].came(), benches[i].expected);
    ASSERT_EQ(benches[i].sink.cycles.size(), undisturbed[i].size());
    for (std::size_t beat = 0; beat < undisturbed[i].size(); ++beat) {
      EXPECT_EQ(benches[i].sink.cycles[beat],
                undisturbed[i][beat] + (undisturbed[i][beat] < 30 ? 0 : 30));
    }
  }
}

TEST_P(PeArrayTest, WhatPassesStraightThroughEntersOnlyWhereItCanLeave) {
  // One PE; rows of PEs that hold sums and have one column; one block of MACs.
  std::deque<PeArrayBench> benches;
  const auto add = [&](const config::PeArray& array, const model::GemmShape& shape) {
    auto& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"), form(array));
    bench.add(shape);
    bench.sink.takes = [](Cycles cycle) { return cycle % 3 == 0; };
  };
  add(weight_stationary(1, 1), {20, 1, 1});
  add(input_stationary(1, 1), {1, 1, 20});
  add(output_stationary(1, 1), {20, 1, 1});
  add(output_stationary(3, 1), {30, 2, 1});
  add(row_wise(2, 1, 4), {2, 4, 20});
  reset_all(benches);
  benches.back().run_through(200);
  for (const auto& bench : benches) {
    SCOPED_TRACE(describe(bench.config));
    EXPECT_EQ(bench.came(), bench.expected);
  }
}

TEST_P(PeArrayTest, BusyAndStalledCyclesAddUpToTheSpan) {
  EveryArray all(GetParam());
  all.run(20'000);
  for (std::size_t i = 0; i < all.benches.size(); ++i) {
    SCOPED_TRACE(all.describe(i));
    PeArrayBench& bench = all.benches[i];
    bench.pes->activity().account(20'000);
    const auto total = bench.pes->activity().total();
    EXPECT_EQ(total.busy, static_cast<Cycles>(streaming(bench).beats.size()));
    Cycles cycles = total.busy;
    for (const Cycles stall : total.stalls) {
      cycles += stall;
    }
    EXPECT_EQ(cycles, bench.span());
  }
}

TEST_P(PeArrayTest, CountsFoldsBeatsAndProductsWithoutPadding) {
  EveryArray all(GetParam());
  all.run(20'000);
  for (std::size_t i = 0; i < all.benches.size(); ++i) {
    SCOPED_TRACE(all.describe(i));
    PeArrayBench& bench = all.benches[i];
    const auto& [m, k, n] = all.shapes[i];
    const auto& counters = bench.pes->stats().counters();
    // A row-wise array takes a block of tokens for one fold.
    const bool by_token = bench.config.kind == ArrayKind::kRowWise;
    EXPECT_EQ(counters[0].value(), by_token ? ceil_div<std::int64_t>(m, bench.config.rows)
                                            : timing::fold_count(all.shapes[i], bench.config));
    EXPECT_EQ(counters[1].value(), static_cast<std::int64_t>(streaming(bench).beats.size()));
    EXPECT_EQ(counters[2].value(), m * k * n);
  }
}

TEST_P(PeArrayTest, StandingStillIsOutputFull) {
  PeArrayBench bench("bench", form(input_stationary(2, 2)));
  bench.add({2, 2, 10});
  bench.sink.takes = [](Cycles cycle) { return cycle >= 40; };
  bench.reset();
  bench.run_through(100);
  bench.pes->activity().account(100);
  using stats::StallCause;
  // Operands in 1 and 2; columns from 3 on, out from 5 on; two fit the stream, so 7 to 40 is lost.
  EXPECT_EQ(stalls(bench, 0, StallCause::kOutputFull), 34);
  EXPECT_EQ(bench.pes->activity().total().busy, 10);
}

TEST_P(PeArrayTest, SaysWhatItHoldsForTheReportOnADeadlock) {
  PeArrayBench bench("bench", form(weight_stationary(4, 4)));
  bench.add({5, 8, 4});
  bench.lhs_source.offers = [](Cycles cycle) { return cycle < 3; };
  bench.reset();
  bench.run_through(50);
  EXPECT_EQ(bench.pes->status(),
            "2 folds; the first has 4 of 4 rows of PEs loaded and 2 of 5 beats (stream_operand)");
}

}  // namespace
}  // namespace vitsim::test
