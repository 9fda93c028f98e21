// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/pe_array_form_test.h"

namespace vitsim::test {
namespace {

using testing::Each;
using testing::ElementsAre;

class RowWiseArrayTest : public PeArrayFormTest {};
INSTANTIATE_TEST_SUITE_P(Form, RowWiseArrayTest, both_forms(), name_of_form);

TEST_P(RowWiseArrayTest, AColumnLeavesAnAdderTreesDepthAfterItsLastWeights) {
  std::deque<PeArrayBench> benches;
  const std::vector<std::pair<int, Cycles>> depths{{1, 0}, {2, 1}, {3, 2},  {4, 2},  {5, 3},
                                                   {8, 3}, {9, 4}, {12, 4}, {16, 4}, {17, 5}};
  for (const auto& [blocks, depth] : depths) {
    auto& bench =
        benches.emplace_back(sc_core::sc_gen_unique_name("bench"), form(row_wise(3, blocks, 2)));
    bench.add({3, 2 * blocks, 1});
  }
  reset_all(benches);
  benches.back().run_through(100);
  for (std::size_t i = 0; i < depths.size(); ++i) {
    EXPECT_THAT(benches[i].sink.cycles, ElementsAre(kFirst + depths[i].second + 1))
        << depths[i].first << " blocks";
    EXPECT_EQ(benches[i].came(), benches[i].expected);
  }
}

TEST_P(RowWiseArrayTest, SumsLeaveAfterTheLastPieceOfTheirColumn) {
  PeArrayBench bench("bench", form(row_wise(2, 4, 2)));
  bench.add({5, 20, 2});
  // Three blocks of tokens, two columns each, of three pieces.
  std::vector<Cycles> cycles;
  for (Cycles piece = 2; piece < 18; piece += 3) {
    cycles.push_back(kFirst + piece + 2 + 1);
  }
  expect_beats_in(bench, cycles);
  EXPECT_THAT(bench.rows_of_beats(), Each(1));
  EXPECT_EQ(bench.sink.beats.back().sums.size(), 1U) << "the last block has one token";
}

TEST_P(RowWiseArrayTest, TokensEnterWithTheFirstWeightsThatMeetThem) {
  PeArrayBench bench("bench", form(row_wise(2, 2, 2)));
  bench.add({4, 4, 3});
  bench.lhs_source.offers = [](Cycles cycle) { return cycle == 10 || cycle == 40; };
  expect_beats_in(bench, {11 + 2, 12 + 2, 13 + 2, 41 + 2, 42 + 2, 43 + 2});
  EXPECT_EQ(bench.pes->first_operand(), 11);
}

TEST_P(RowWiseArrayTest, WaitsForTokensOrForWeights) {
  PeArrayBench bench("bench", form(row_wise(2, 4, 2)));
  bench.add({4, 8, 3});
  bench.lhs_source.offers = [](Cycles cycle) { return cycle == 0 || cycle == 20; };
  bench.rhs_source.offers = [](Cycles cycle) { return cycle < 1 || cycle >= 10; };
  bench.reset();
  bench.run_through(100);
  bench.pes->activity().account(100);
  using stats::StallCause;
  // Weights in 1 and 11, 12; the second block's in 21 to 23.
  EXPECT_EQ(stalls(bench, 0, StallCause::kStreamOperand), 9);
  EXPECT_EQ(stalls(bench, 0, StallCause::kStationaryOperand), 8);
  EXPECT_EQ(stalls(bench, 0, StallCause::kDrain), 2);
  EXPECT_EQ(bench.pes->activity().total().busy, 6);
}

}  // namespace
}  // namespace vitsim::test
