// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/pe_array_form_test.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;

class OutputStationaryArrayTest : public PeArrayFormTest {};
INSTANTIATE_TEST_SUITE_P(Form, OutputStationaryArrayTest, both_forms(), name_of_form);

TEST_P(OutputStationaryArrayTest, ARowLeavesAsItsLastPeFinishes) {
  PeArrayBench bench("bench", form(output_stationary(4, 3)));
  bench.add({4, 5, 3});
  constexpr Cycles kLeaves = kFirst + 4 + (3 - 1) + 1;  // behind the last of five pairs
  expect_beats_in(bench, {kLeaves, kLeaves + 1, kLeaves + 2, kLeaves + 3});
}

TEST_P(OutputStationaryArrayTest, ALowFoldLiesAtTheBottomSoThatItsLastRowLeavesAsLate) {
  PeArrayBench bench("bench", form(output_stationary(4, 3)));
  bench.add({2, 5, 3});
  constexpr Cycles kLeaves = kFirst + 4 + (4 + 3 - 2) + 1;
  expect_beats_in(bench, {kLeaves - 1, kLeaves});
}

TEST_P(OutputStationaryArrayTest, AnExposedDrainTakesRowsCyclesMore) {
  PeArrayBench bench("bench", form(exposed(output_stationary(4, 3))));
  bench.add({4, 5, 3});
  constexpr Cycles kLeaves = kFirst + 4 + (4 + 3 - 2) + 4 + 1;
  expect_beats_in(bench, {kLeaves - 3, kLeaves - 2, kLeaves - 1, kLeaves});
}

TEST_P(OutputStationaryArrayTest, ALowFoldsSumsAreShiftedDownAsFarAsOthers) {
  PeArrayBench bench("bench", form(exposed(output_stationary(4, 3))));
  bench.add({2, 5, 3});
  constexpr Cycles kLeaves = kFirst + 4 + (4 + 3 - 2) + 4 + 1;
  expect_beats_in(bench, {kLeaves - 1, kLeaves});
}

TEST_P(OutputStationaryArrayTest, FoldsFollowEachOtherEveryKCycles) {
  PeArrayBench bench("bench", form(output_stationary(3, 2)));
  bench.add({6, 7, 2});
  constexpr Cycles kLeaves = kFirst + 6 + 1 + 1;
  expect_beats_in(bench, {kLeaves, kLeaves + 1, kLeaves + 2,  //
                          kLeaves + 7, kLeaves + 8, kLeaves + 9});
}

TEST_P(OutputStationaryArrayTest, WithoutOverlapAFoldBeginsWhenTheLastSumLeft) {
  PeArrayBench parallel("parallel", form(without_overlap(output_stationary(3, 2))));
  PeArrayBench shifted("shifted", form(without_overlap(exposed(output_stationary(3, 2)))));
  for (PeArrayBench* bench : {&parallel, &shifted}) {
    bench->add({6, 7, 2});
    bench->reset();
  }
  parallel.run_through(100);
  // The stream of two slots has room for beat 9 when beat 7, the second fold's first, has entered.
  for (PeArrayBench* bench : {&parallel, &shifted}) {
    EXPECT_EQ(bench->came(), bench->expected);
    const Cycles last_left = bench->sink.cycles[2] - 1;
    EXPECT_EQ(bench->lhs_source.written[9], last_left + 2);
    EXPECT_EQ(bench->rhs_source.written[9], last_left + 2);
  }
  EXPECT_EQ(parallel.sink.cycles[2], kFirst + 6 + 3 + 1);
  EXPECT_EQ(shifted.sink.cycles[2], kFirst + 6 + 3 + 3 + 1);
}

TEST_P(OutputStationaryArrayTest, WhileSumsDrainTheLastPairOfAShortFoldWaits) {
  PeArrayBench bench("bench", form(exposed(output_stationary(5, 2))));
  bench.add({10, 2, 2});
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected);
  // Pairs enter in 1, 2 and 3, the last of the second fold 5 cycles after that of the first.
  constexpr Cycles kLeaves = kFirst + 1 + 5 + 2 - 2 + 5 + 1;
  EXPECT_THAT(bench.sink.cycles,
              ElementsAre(kLeaves - 4, kLeaves - 3, kLeaves - 2, kLeaves - 1, kLeaves,  //
                          kLeaves + 1, kLeaves + 2, kLeaves + 3, kLeaves + 4, kLeaves + 5));
  EXPECT_EQ(bench.pes->activity().total().busy, 4);
}

TEST_P(OutputStationaryArrayTest, FoldsShorterThanTheArrayLetSeveralRowsGoInACycle) {
  PeArrayBench bench("bench", form(output_stationary(4, 3)));
  bench.add({12, 1, 3});
  // Rows are due in 3 to 6, 4 to 7 and 5 to 8: those of a fold behind all of the one before, and a
  // beat holds rows of one fold.
  expect_beats_in(bench, {4, 5, 6, 7, 8, 9});
  EXPECT_THAT(bench.rows_of_beats(), ElementsAre(1, 1, 1, 1, 4, 4));
}

TEST_P(OutputStationaryArrayTest, OnlyRowsThatAreDueShareABeat) {
  PeArrayBench bench("bench", form(output_stationary(4, 3)));
  bench.add({12, 2, 3});
  // Due in 4 to 7, 6 to 9 and 8 to 11.
  expect_beats_in(bench, {5, 6, 7, 8, 9, 10, 11, 12});
  EXPECT_THAT(bench.rows_of_beats(), ElementsAre(1, 1, 1, 1, 3, 1, 3, 1));
}

TEST_P(OutputStationaryArrayTest, ALowFoldBehindShortOnesLeavesWholeInItsTurn) {
  PeArrayBench bench("bench", form(output_stationary(4, 3)));
  bench.add({10, 1, 3});
  // The last fold's two rows are due in 7 and 8, and the fold before leaves in 7.
  expect_beats_in(bench, {4, 5, 6, 7, 8, 9});
  EXPECT_THAT(bench.rows_of_beats(), ElementsAre(1, 1, 1, 1, 4, 2));
}

TEST_P(OutputStationaryArrayTest, APairWaitsForBothOfItsOperands) {
  PeArrayBench bench("bench", form(output_stationary(2, 2)));
  bench.add({2, 2, 2});
  bench.lhs_source.offers = [](Cycles cycle) { return cycle == 5 || cycle == 8; };
  bench.rhs_source.offers = [](Cycles cycle) { return cycle == 3 || cycle == 20; };
  expect_beats_in(bench, {21 + 1 + 1, 21 + 2 + 1});
  EXPECT_EQ(bench.pes->first_operand(), 6);
}

TEST_P(OutputStationaryArrayTest, ContractionsOfAnyLengthAreExact) {
  // Around the 256 pairs that the wavefront form adds up at a time.
  std::deque<PeArrayBench> benches;
  for (const std::int64_t k : {255, 256, 257, 512, 513, 700}) {
    benches.emplace_back(sc_core::sc_gen_unique_name("bench"), form(output_stationary(5, 4)))
        .add({8, k, 4});
  }
  reset_all(benches);
  benches.back().run_through(2000);
  for (const auto& bench : benches) {
    EXPECT_EQ(bench.came(), bench.expected);
  }
}

TEST_P(OutputStationaryArrayTest, PairsEnterWhileTheSinkIsFullAndNothingIsDue) {
  std::deque<PeArrayBench> benches;
  for (const int cols : {1, 3}) {
    benches
        .emplace_back(sc_core::sc_gen_unique_name("bench"),
                      form(exposed(output_stationary(2, cols))))
        .add({6, 10, 1});
  }
  for (auto& bench : benches) {
    bench.sink.takes = [](Cycles cycle) { return cycle >= 100; };
  }
  reset_all(benches);
  benches.back().run_through(99);
  for (const auto& bench : benches) {
    // The first fold's two rows fill the stream; the second's first is due 2 + C - 1 cycles after
    // its last pair; until then pairs of the third enter, and two wait.
    EXPECT_EQ(bench.lhs_source.written.size(),
              static_cast<std::size_t>(20 + bench.config.cols + 2));
  }
  benches.back().run_through(200);
  for (const auto& bench : benches) {
    EXPECT_EQ(bench.came(), bench.expected);
  }
}

TEST_P(OutputStationaryArrayTest, WaitsForDrainsAndOperands) {
  PeArrayBench bench("bench", form(exposed(output_stationary(5, 2))));
  bench.add({10, 2, 2});
  bench.lhs_source.offers = [](Cycles cycle) { return cycle < 3 || cycle >= 30; };
  bench.reset();
  bench.run_through(100);
  bench.pes->activity().account(100);
  using stats::StallCause;
  // Pairs in 1, 2 and 3; one may follow from 7 on, and comes in 31; its sums leave by 31 + 10.
  EXPECT_EQ(stalls(bench, 0, StallCause::kDrain), 3 + 10);
  EXPECT_EQ(stalls(bench, 0, StallCause::kStreamOperand), 24);
}

}  // namespace
}  // namespace vitsim::test
