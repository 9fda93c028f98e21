// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/pe_array.h"

#include <algorithm>
#include <deque>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/timing/gemm.h"

#include "support/bench.h"
#include "support/commands.h"
#include "support/stream_mocks.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

config::PeArray array(int rows, int cols, bool overlap_folds = true) {
  config::PeArray config;
  config.rows = rows;
  config.cols = cols;
  config.overlap_folds = overlap_folds;
  return config;
}

/// The array between sources that have every beat at once and a sink that takes every one.
struct PeArrayBench : Bench {
  config::PeArray config;
  hw::PeArray pes{"pes", config, 8, 2, clock};
  Commands commands;
  hw::Stream<hw::CommandBeat> queue{"queue", clock};
  hw::Stream<hw::OperandRow> weights{"weights", clock};
  hw::Stream<hw::OperandRow> operands{"operands", clock};
  hw::Stream<hw::SumRow> sums{"sums", clock};
  Source<hw::CommandBeat> command_source{"command_source", clock};
  Source<hw::OperandRow> weight_source{"weight_source", clock};
  Source<hw::OperandRow> row_source{"row_source", clock};
  Sink<hw::SumRow> sink{"sink", clock};
  std::vector<std::vector<std::int64_t>> expected;

  PeArrayBench(const sc_core::sc_module_name& name, const config::PeArray& config_in)
      : Bench(name), config(config_in) {
    command_source.out.bind(queue);
    pes.commands_in.bind(queue);
    weight_source.out.bind(weights);
    pes.weights_in.bind(weights);
    row_source.out.bind(operands);
    pes.rows_in.bind(operands);
    pes.sums_out.bind(sums);
    sink.in.bind(sums);
  }
  void clear_streams() override {
    queue.clear();
    weights.clear();
    operands.clear();
    sums.clear();
  }

  /// One command, [m x k] times [k x n], with n at most the array's columns.
  void add(std::int64_t m, std::int64_t k, std::int64_t n, int layer = 0) {
    mapping::MatmulTile tile;
    tile.shape = {m, k, n};
    const auto seed = command_source.beats.size();
    command_source.beats.push_back(commands.add(tile, mapping::kNoToken, layer));
    const IntMatrix stream = random_matrix(2 * seed, m, k, 16);
    const IntMatrix stationary = random_matrix(2 * seed + 1, k, n, 8);
    for (std::int64_t fold = 0; fold < k; fold += config.rows) {
      const std::int64_t count = std::min<std::int64_t>(config.rows, k - fold);
      for (std::int64_t pe_row = config.rows - 1; pe_row >= 0; --pe_row) {
        auto& values = weight_source.beats.emplace_back().values;
        values.resize(static_cast<std::size_t>(n));
        if (pe_row < count) {
          std::ranges::copy(stationary.row(fold + pe_row), values.begin());
        }
      }
      for (std::int64_t row = 0; row < m; ++row) {
        const auto all = stream.row(row);
        row_source.beats.push_back({{all.begin() + fold, all.begin() + fold + count}});
        auto& result = expected.emplace_back(static_cast<std::size_t>(n));
        for (std::int64_t col = 0; col < n; ++col) {
          for (std::int64_t i = fold; i < fold + count; ++i) {
            result[static_cast<std::size_t>(col)] += stream(row, i) * stationary(i, col);
          }
        }
      }
    }
  }
  /// A whole product, a command for each column of folds.
  void add_product(const model::GemmShape& shape) {
    for (std::int64_t n = 0; n < shape.n; n += config.cols) {
      add(shape.m, shape.k, std::min<std::int64_t>(config.cols, shape.n - n));
    }
  }

  [[nodiscard]] std::vector<std::vector<std::int64_t>> came() const {
    std::vector<std::vector<std::int64_t>> values;
    for (const auto& beat : sink.beats) {
      values.push_back(beat.sums);
    }
    return values;
  }
  /// From the first beat, which the array takes in cycle 1, to the last sum written, inclusive. The
  /// sink takes it a cycle later.
  [[nodiscard]] Cycles span() const { return sink.cycles.back() - 1; }
};

/// When the array takes the first beat of sources that are always ready.
constexpr Cycles kFirst = 1;

TEST(PeArrayTest, ARowLeavesRowsPlusColumnsLessTwoCyclesAfterItEnteredAndNotACycleEarlier) {
  PeArrayBench bench("bench", array(4, 3));
  bench.add(1, 4, 3);
  bench.reset();
  constexpr Cycles kEntered = kFirst + 4;              // behind four beats of weights
  constexpr Cycles kTaken = kEntered + 4 + 3 - 2 + 1;  // a cycle in the stream
  bench.run_through(kTaken - 1);
  EXPECT_THAT(bench.came(), IsEmpty());
  bench.run_through(kTaken);
  EXPECT_EQ(bench.came(), bench.expected);
}

TEST(PeArrayTest, ALateRowOfOperandsLeavesAsLate) {
  PeArrayBench bench("bench", array(4, 3));
  bench.add(2, 4, 3);
  bench.row_source.offers = [](Cycles cycle) { return cycle == 20 || cycle == 33; };
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected);
  EXPECT_THAT(bench.sink.cycles, ElementsAre(20 + 1 + 5 + 1, 33 + 1 + 5 + 1));
}

TEST(PeArrayTest, DeitTinysQkvTakesTheCyclesThatThePaperCountsAndWithOverlapAsDocumented) {
  PeArrayBench exposed("exposed", array(64, 64, false));
  PeArrayBench overlapped("overlapped", array(64, 64, true));
  for (PeArrayBench* bench : {&exposed, &overlapped}) {
    bench->add_product({197, 192, 576});
    bench->reset();
  }
  exposed.run_through(11'000);
  EXPECT_EQ(exposed.came(), exposed.expected);
  EXPECT_EQ(overlapped.came(), overlapped.expected);
  EXPECT_EQ(exposed.span(), 10'449);
  EXPECT_EQ(overlapped.span(), 5'509);
}

struct Case {
  int rows;
  int cols;
  model::GemmShape shape;
};

std::vector<Case> cases() {
  return {
      {1, 1, {1, 1, 1}},    {1, 1, {9, 5, 7}},     {1, 7, {5, 3, 20}},     {7, 1, {5, 20, 3}},
      {4, 4, {1, 4, 4}},    {4, 4, {1, 40, 9}},    {4, 4, {3, 17, 9}},     {4, 4, {4, 16, 16}},
      {4, 4, {5, 16, 16}},  {8, 3, {7, 24, 10}},   {8, 3, {8, 25, 1}},     {3, 8, {100, 7, 30}},
      {16, 16, {2, 64, 5}}, {16, 16, {50, 8, 40}}, {16, 16, {17, 33, 33}}, {32, 8, {5, 200, 20}},
  };
}

TEST(PeArrayTest, TakesTheCyclesOfTheClosedFormWhereNothingWaits) {
  std::deque<PeArrayBench> benches;
  for (const Case& c : cases()) {
    for (const bool overlap : {false, true}) {
      benches.emplace_back(sc_core::sc_gen_unique_name("bench"), array(c.rows, c.cols, overlap))
          .add_product(c.shape);
    }
  }
  for (auto& bench : benches) {
    bench.reset();
  }
  benches.back().run_through(20'000);
  for (std::size_t i = 0; i < benches.size(); ++i) {
    const Case c = cases()[i / 2];
    SCOPED_TRACE(testing::Message() << c.rows << " x " << c.cols << ", M " << c.shape.m << ", K "
                                    << c.shape.k << ", N " << c.shape.n << ", overlap " << i % 2);
    ASSERT_EQ(benches[i].came(), benches[i].expected);
    EXPECT_EQ(benches[i].span(), timing::gemm_cycles(c.shape, benches[i].config));
  }
}

TEST(PeArrayTest, StallsOnAllSidesGiveTheSameSumsInTheSameOrderAndNeverInFewerCycles) {
  std::deque<PeArrayBench> benches;
  for (const Case& c : cases()) {
    for (const bool overlap : {false, true}) {
      auto& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"),
                                         array(c.rows, c.cols, overlap));
      bench.add_product(c.shape);
      const auto seed = 10 * benches.size();
      bench.command_source.offers = at_random(seed, 50);
      bench.weight_source.offers = at_random(seed + 1, 70);
      bench.row_source.offers = at_random(seed + 2, 70);
      bench.sink.takes = at_random(seed + 3, 60);
    }
  }
  for (const bool reverse : {false, true}) {
    for (auto& bench : benches) {
      bench.clock.set_reverse_order(reverse);
      bench.reset();
    }
    benches.back().run_through(40'000);
    for (std::size_t i = 0; i < benches.size(); ++i) {
      ASSERT_EQ(benches[i].came(), benches[i].expected);
      EXPECT_GE(benches[i].span(), timing::gemm_cycles(cases()[i / 2].shape, benches[i].config));
    }
  }
}

TEST(PeArrayTest, WhileTheSinkIsFullNothingEntersAndAfterwardsAllGoesOnAsIfTheTimeHadNotPassed) {
  PeArrayBench bench("bench", array(4, 4, true));
  bench.add(30, 16, 4);
  bench.reset();
  bench.run_through(500);
  const auto undisturbed = bench.sink.cycles;

  bench.sink.takes = [](Cycles cycle) { return cycle < 30 || cycle >= 60; };
  bench.reset();
  bench.run_through(59);
  // The stream took two more, and filled the array when it could not go on.
  const auto rows_before = bench.row_source.written.size();
  const auto weights_before = bench.weight_source.written.size();
  bench.run_through(60);
  EXPECT_LE(bench.row_source.written.back(), 33) << "two slots and what the array took by then";
  EXPECT_EQ(bench.row_source.written.size(), rows_before);
  EXPECT_EQ(bench.weight_source.written.size(), weights_before);
  bench.run_through(500);
  EXPECT_EQ(bench.came(), bench.expected);
  ASSERT_EQ(bench.sink.cycles.size(), undisturbed.size());
  for (std::size_t i = 0; i < undisturbed.size(); ++i) {
    EXPECT_EQ(bench.sink.cycles[i], undisturbed[i] + (undisturbed[i] < 30 ? 0 : 30));
  }
}

TEST(PeArrayTest, SumsInsideKeepTheirDistancesWhileTheArrayStandsStill) {
  PeArrayBench bench("bench", array(8, 8));
  bench.add(6, 8, 8);
  bench.row_source.offers = [](Cycles cycle) { return cycle >= 10 && cycle % 3 == 1; };
  bench.sink.takes = [](Cycles cycle) { return cycle >= 60; };
  bench.reset();
  bench.run_through(100);
  // Due in 25, 28, 31, 34, ...: two fill the stream, and the array stands still from 31 to 60.
  EXPECT_THAT(bench.sink.cycles, ElementsAre(60, 61, 62, 65, 68, 71));
  EXPECT_EQ(bench.came(), bench.expected);
}

TEST(PeArrayTest, WithoutOverlapNoWeightEntersBeforeTheLastSumLeft) {
  PeArrayBench bench("bench", array(4, 4, false));
  bench.add(6, 8, 4);
  bench.reset();
  bench.run_through(100);
  // Beat 4, the second fold's first, enters after the last sum left: the stream of two slots has
  // room for beat 6 a cycle later.
  const Cycles last_left = bench.sink.cycles[5] - 1;
  EXPECT_EQ(bench.weight_source.written[6], last_left + 2);
}

TEST(PeArrayTest, WithOverlapTheNextFoldsWeightsEnterFromTheCycleOfTheFirstOperandsOn) {
  PeArrayBench bench("bench", array(4, 4, true));
  bench.add(6, 8, 4);
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.weight_source.written[6], kFirst + 4 + 1);
}

TEST(PeArrayTest, BusyAndStalledCyclesAddUpToTheSpan) {
  std::deque<PeArrayBench> benches;
  for (const Case& c : cases()) {
    for (const bool overlap : {false, true}) {
      auto& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"),
                                         array(c.rows, c.cols, overlap));
      bench.add_product(c.shape);
    }
  }
  for (auto& bench : benches) {
    bench.reset();
  }
  benches.back().run_through(20'000);
  for (auto& bench : benches) {
    bench.pes.activity().account(20'000);
    const auto total = bench.pes.activity().total();
    EXPECT_EQ(total.busy, static_cast<Cycles>(bench.row_source.beats.size()));
    Cycles all = total.busy;
    for (const Cycles stall : total.stalls) {
      all += stall;
    }
    EXPECT_EQ(all, bench.span());
  }
}

TEST(PeArrayTest, StallsAreChargedToTheirCauseAndLayer) {
  PeArrayBench bench("bench", array(4, 4, true));
  bench.add(5, 4, 4, 0);
  bench.add(5, 4, 4, 1);
  bench.command_source.offers = [](Cycles cycle) { return cycle == 0 || cycle >= 30; };
  bench.row_source.offers = [](Cycles cycle) { return cycle < 20 || cycle >= 50; };
  bench.reset();
  bench.run_through(100);
  bench.pes.activity().account(80);
  const auto stalls = [&](std::size_t layer, stats::StallCause cause) {
    return bench.pes.activity().by_layer()[layer].stalls[static_cast<std::size_t>(cause)];
  };
  using stats::StallCause;
  // Layer 0: weights in 1 to 4, rows in 5 to 9, the last sum leaves in 15.
  EXPECT_EQ(stalls(0, StallCause::kWeightLoad), 4);
  EXPECT_EQ(bench.pes.activity().by_layer()[0].busy, 5);
  EXPECT_EQ(stalls(0, StallCause::kDrain), 6);
  // Layer 1: weights in 31 to 34, two rows in 35 and 36, the others from 51 to 53.
  EXPECT_EQ(stalls(1, StallCause::kWeightLoad), 4);
  EXPECT_EQ(bench.pes.activity().by_layer()[1].busy, 5);
  EXPECT_EQ(stalls(1, StallCause::kStreamOperand), 14);
  EXPECT_EQ(stalls(1, StallCause::kDrain), 6);
}

}  // namespace
}  // namespace vitsim::test
