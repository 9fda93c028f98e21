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

class StationaryArrayTest : public PeArrayFormTest {};
INSTANTIATE_TEST_SUITE_P(Form, StationaryArrayTest, both_forms(), name_of_form);

TEST_P(StationaryArrayTest,
       ARowLeavesRowsPlusColumnsLessTwoCyclesAfterItEnteredAndNotACycleEarlier) {
  PeArrayBench bench("bench", form(weight_stationary(4, 3)));
  bench.add({1, 4, 3});
  constexpr Cycles kEntered = kFirst + 4;              // behind four beats of weights
  expect_beats_in(bench, {kEntered + 4 + 3 - 2 + 1});  // a cycle in the stream
}

TEST_P(StationaryArrayTest,
       InputStationaryAColumnLeavesRowsPlusColumnsLessTwoCyclesAfterItEntered) {
  PeArrayBench bench("bench", form(input_stationary(4, 3)));
  bench.add({2, 4, 3});
  constexpr Cycles kLeaves = kFirst + 4 + 4 + 3 - 2;
  expect_beats_in(bench, {kLeaves + 1, kLeaves + 2, kLeaves + 3});
  EXPECT_EQ(bench.sink.beats[0].sums.size(), 2U) << "a column of the result";
}

TEST_P(StationaryArrayTest, ALateRowOfOperandsLeavesAsLate) {
  PeArrayBench bench("bench", form(weight_stationary(4, 3)));
  bench.add({2, 4, 3});
  bench.lhs_source.offers = [](Cycles cycle) { return cycle == 20 || cycle == 33; };
  expect_beats_in(bench, {20 + 1 + 5 + 1, 33 + 1 + 5 + 1});
}

TEST_P(StationaryArrayTest,
       SeveralRowsOfTheStationaryOperandEnterInACycleTheLastBeatWithWhatIsLeft) {
  PeArrayBench bench("bench", form(loading(3, weight_stationary(7, 2))));
  bench.add({1, 7, 2});
  constexpr Cycles kEntered = kFirst + 3;  // of 3, 3 and 1 rows
  expect_beats_in(bench, {kEntered + 7 + 2 - 2 + 1});
}

TEST_P(StationaryArrayTest, ARowOfPesGivesUpItsShadowRegisterOnlyAsTheWavePasses) {
  PeArrayBench bench("bench", form(loading(2, weight_stationary(8, 3))));
  bench.add({2, 3 * 8, 3});
  constexpr Cycles kEntered = kFirst + 4;
  constexpr Cycles kLeaves = kEntered + 8 + 3 - 2 + 1;
  // Although the weights of a fold could enter in 4 cycles and 2 rows stream through it.
  expect_beats_in(bench,
                  {kLeaves, kLeaves + 1, kLeaves + 8, kLeaves + 9, kLeaves + 16, kLeaves + 17});
  // The first two rows of the next fold enter when the wave has passed two rows of PEs.
  const auto entered_before = [&](std::size_t beat) { return bench.rhs_source.written[beat + 2]; };
  EXPECT_EQ(entered_before(4), kEntered + 1 + 1);
  EXPECT_EQ(entered_before(5), kEntered + 3 + 1);
  EXPECT_EQ(entered_before(6), kEntered + 5 + 1);
}

TEST_P(StationaryArrayTest, WithoutOverlapNoWeightEntersBeforeTheLastSumLeft) {
  PeArrayBench bench("bench", form(without_overlap(weight_stationary(4, 4))));
  bench.add({6, 8, 4});
  bench.reset();
  bench.run_through(100);
  // Beat 4, the second fold's first, enters after the last sum left: the stream of two slots has
  // room for beat 6 a cycle later.
  const Cycles last_left = bench.sink.cycles[5] - 1;
  EXPECT_EQ(bench.rhs_source.written[6], last_left + 2);
}

TEST_P(StationaryArrayTest, WithOverlapTheNextFoldsWeightsEnterFromTheCycleOfTheFirstOperandsOn) {
  PeArrayBench bench("bench", form(weight_stationary(4, 4)));
  bench.add({6, 8, 4});
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.rhs_source.written[6], kFirst + 4 + 1);
}

TEST_P(StationaryArrayTest, WithOverlapALateWeightDelaysTheNextFoldAlone) {
  PeArrayBench bench("bench", form(weight_stationary(4, 4)));
  bench.add({6, 8, 4});
  // The last of eight beats; the first fold's rows are all inside by then.
  bench.rhs_source.offers = [](Cycles cycle) { return cycle < 7 || cycle >= 30; };
  bench.reset();
  bench.run_through(100);
  ASSERT_EQ(bench.came(), bench.expected);
  EXPECT_EQ(bench.sink.cycles[5], kFirst + 4 + 5 + 6 + 1);
  EXPECT_EQ(bench.sink.cycles[6], 30 + 1 + 1 + 6 + 1) << "a cycle after the weights are complete";
}

TEST_P(StationaryArrayTest, SumsInsideKeepTheirDistancesWhileTheArrayStandsStill) {
  PeArrayBench bench("bench", form(weight_stationary(8, 8)));
  bench.add({6, 8, 8});
  bench.lhs_source.offers = [](Cycles cycle) { return cycle >= 10 && cycle % 3 == 1; };
  bench.sink.takes = [](Cycles cycle) { return cycle >= 60; };
  bench.reset();
  bench.run_through(100);
  // Due in 25, 28, 31, 34, ...: two fill the stream, and the array stands still from 31 to 60.
  EXPECT_THAT(bench.sink.cycles, ElementsAre(60, 61, 62, 65, 68, 71));
  EXPECT_EQ(bench.came(), bench.expected);
}

TEST_P(StationaryArrayTest, StallsAreChargedToTheirCauseAndLayer) {
  PeArrayBench bench("bench", form(weight_stationary(4, 4)));
  bench.add({5, 4, 4}, 0);
  bench.add({5, 4, 4}, 1);
  bench.command_source.offers = [](Cycles cycle) { return cycle == 0 || cycle >= 30; };
  bench.lhs_source.offers = [](Cycles cycle) { return cycle < 20 || cycle >= 50; };
  bench.reset();
  bench.run_through(100);
  bench.pes->activity().account(80);
  using stats::StallCause;
  // Layer 0: weights in 1 to 4, rows in 5 to 9, the last sum leaves in 15.
  EXPECT_EQ(stalls(bench, 0, StallCause::kWeightLoad), 4);
  EXPECT_EQ(bench.pes->activity().by_layer()[0].busy, 5);
  EXPECT_EQ(stalls(bench, 0, StallCause::kDrain), 6);
  // Layer 1: weights in 31 to 34, two rows in 35 and 36, the others from 51 to 53.
  EXPECT_EQ(stalls(bench, 1, StallCause::kWeightLoad), 4);
  EXPECT_EQ(bench.pes->activity().by_layer()[1].busy, 5);
  EXPECT_EQ(stalls(bench, 1, StallCause::kStreamOperand), 14);
  EXPECT_EQ(stalls(bench, 1, StallCause::kDrain), 6);
}

TEST_P(StationaryArrayTest, WaitingForAShadowRegisterIsWeightLoad) {
  PeArrayBench bench("bench", form(loading(2, weight_stationary(8, 3))));
  bench.add({2, 2 * 8, 3});
  bench.reset();
  bench.run_through(100);
  bench.pes->activity().account(100);
  using stats::StallCause;
  // Weights in 1 to 4; rows in 5 and 6; the next fold's weights in 6, 8, 10 and 12.
  EXPECT_EQ(stalls(bench, 0, StallCause::kWeightLoad), 4 + 6);
  EXPECT_EQ(stalls(bench, 0, StallCause::kStationaryOperand), 0);
  EXPECT_EQ(stalls(bench, 0, StallCause::kDrain), 9) << "behind the rows of 13 and 14";
}

}  // namespace
}  // namespace vitsim::test
