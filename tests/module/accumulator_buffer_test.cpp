// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/accumulator_buffer.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/bench.h"
#include "support/commands.h"
#include "support/stream_mocks.h"
#include "support/token_log.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kArrayRows = 4;

config::Accelerator machine(config::Dataflow dataflow) {
  config::Accelerator config;
  config.pe_array.dataflow = dataflow;
  config.pe_array.rows = kArrayRows;
  config.pe_array.cols = 3;
  config.accumulator_buffer.rows = 16;
  return config;
}

struct AccumulatorBufferBench : Bench {
  config::Accelerator config;
  hw::AccumulatorBuffer buffer{"buffer", config, clock};
  TokenLog tokens{clock};
  Commands commands;
  hw::Stream<hw::CommandBeat> queue{"queue", clock};
  hw::Stream<hw::SumRows> sums_in{"sums_in", clock};
  hw::Stream<hw::SumRows> sums_out{"sums_out", clock};
  Source<hw::CommandBeat> command_source{"command_source", clock};
  Source<hw::SumRows> sum_source{"sum_source", clock};
  hw::Stream<hw::SumRows> products{"products", clock};
  hw::Stream<hw::SumRows> divisors{"divisors", clock};
  Sink<hw::SumRows> sink{"sink", clock};
  Sink<hw::SumRows> adder_array{"adder_array", clock};
  Sink<hw::SumRows> dividers{"dividers", clock};

  explicit AccumulatorBufferBench(const sc_core::sc_module_name& name,
                                  config::Dataflow dataflow = config::Dataflow::kWeightStationary)
      : Bench(name), config(machine(dataflow)) {
    command_source.out.bind(queue);
    buffer.commands_in.bind(queue);
    sum_source.out.bind(sums_in);
    buffer.sums_in.bind(sums_in);
    buffer.sums_out.to_post_processor.bind(sums_out);
    sink.in.bind(sums_out);
    buffer.sums_out.to_adder_array.bind(products);
    adder_array.in.bind(products);
    buffer.sums_out.to_dividers.bind(divisors);
    dividers.in.bind(divisors);
    buffer.tokens_out.bind(tokens);
  }
  void clear_streams() override {
    queue.clear();
    sums_in.clear();
    sums_out.clear();
    products.clear();
    divisors.clear();
    tokens.cycles.clear();
  }
  void command(std::int64_t m, std::int64_t folds, bool first, bool last, mapping::Token done) {
    command({m, folds * kArrayRows, 3}, first, last, done);
  }
  void command(const model::GemmShape& shape, bool first, bool last, mapping::Token done,
               mapping::SumSink to = mapping::SumSink::kPostProcessor) {
    mapping::MatmulTile tile;
    tile.sink = to;
    tile.shape = shape;
    tile.first = first;
    tile.last = last;
    command_source.beats.push_back(commands.add(tile, done));
  }
  void sums(std::int64_t a, std::int64_t b, std::int64_t c) {
    sum_source.beats.push_back({{a, b, c}});
  }
  /// A beat of rows of three sums: `first`, 0 and 1; one more; and so on.
  void beat(std::int64_t first, std::int64_t rows) {
    hw::SumRows& beat = sum_source.beats.emplace_back();
    beat.rows = rows;
    for (std::int64_t row = 0; row < rows; ++row) {
      beat.sums.insert(beat.sums.end(), {first + row, 0, 1});
    }
  }
  [[nodiscard]] std::vector<std::vector<std::int64_t>> came() const {
    std::vector<std::vector<std::int64_t>> values;
    for (const auto& beat : sink.beats) {
      values.push_back(beat.sums);
    }
    return values;
  }
  [[nodiscard]] std::int64_t counter(std::size_t index) {
    return buffer.stats().counters()[index].value();
  }
};

TEST(AccumulatorBufferTest, RowsOfASingleFoldPassThroughACycleLater) {
  AccumulatorBufferBench bench("bench");
  bench.command(3, 1, true, true, 1);
  bench.sums(1, 2, 3);
  bench.sums(4, 5, 6);
  bench.sums(7, 8, 9);
  bench.reset();
  bench.run_through(1);  // the first row is taken and passed on
  EXPECT_THAT(bench.came(), IsEmpty());
  bench.run_through(20);
  EXPECT_THAT(bench.sink.cycles, ElementsAre(2, 3, 4));
  EXPECT_THAT(bench.came(),
              ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4, 5, 6), ElementsAre(7, 8, 9)));
  EXPECT_FALSE(bench.tokens.has(1)) << "whoever writes the results says that they are done";
}

TEST(AccumulatorBufferTest, SumsOfSeveralFoldsAreExactBeyond32Bits) {
  AccumulatorBufferBench bench("bench");
  constexpr std::int64_t kLarge = 2'000'000'000;
  bench.command(2, 3, true, true, 1);
  for (int fold = 0; fold < 3; ++fold) {
    bench.sums(kLarge, -kLarge, fold);
    bench.sums(1, 10 * fold, -kLarge);
  }
  bench.reset();
  bench.run_through(50);
  EXPECT_THAT(bench.came(), ElementsAre(ElementsAre(3 * kLarge, -3 * kLarge, 3),
                                        ElementsAre(3, 30, -3 * kLarge)));
  EXPECT_THAT(bench.sink.cycles, ElementsAre(6, 7)) << "a row a cycle, the last fold's go on";
  EXPECT_EQ(bench.counter(0), 4);  // rows_kept
  EXPECT_EQ(bench.counter(1), 2);  // rows_passed
}

TEST(AccumulatorBufferTest, ACommandThatIsNotTheFirstAddsToWhatTheLastOneLeft) {
  AccumulatorBufferBench bench("bench");
  bench.command(2, 2, true, false, 1);
  bench.command(2, 1, false, false, 2);
  bench.command(2, 1, false, true, 3);
  bench.command(1, 1, true, true, 4);
  for (int i = 1; i <= 4; ++i) {
    bench.sums(i, 0, 0);
    bench.sums(0, 10 * i, 0);
  }
  bench.sums(7, 7, 7);  // starts anew
  bench.reset();
  bench.run_through(50);
  EXPECT_THAT(bench.came(),
              ElementsAre(ElementsAre(10, 0, 0), ElementsAre(0, 100, 0), ElementsAre(7, 7, 7)));
}

TEST(AccumulatorBufferTest, ACommandThatDoesNotCompleteIsDoneWhenItsLastRowIsKept) {
  AccumulatorBufferBench bench("bench");
  bench.command(2, 2, true, false, 1);
  bench.command(2, 1, false, true, 2);
  for (int i = 0; i < 6; ++i) {
    bench.sums(1, 1, 1);
  }
  bench.reset();
  bench.run_through(3);
  EXPECT_FALSE(bench.tokens.has(1));
  bench.run_through(50);
  EXPECT_EQ(bench.tokens.cycle_of(1), 4);  // its four rows come in 1 to 4
  EXPECT_FALSE(bench.tokens.has(2));
  EXPECT_EQ(bench.came().size(), 2U);
}

TEST(AccumulatorBufferTest, StallsWhileItsOutputIsFullButKeepsRowsThatDoNotLeave) {
  AccumulatorBufferBench bench("bench");
  bench.command(4, 1, true, true, 1);
  bench.command(4, 2, true, true, 2);
  for (int i = 0; i < 12; ++i) {
    bench.sums(i, i, i);
  }
  bench.sink.takes = [](Cycles cycle) { return cycle >= 40; };
  bench.reset();
  bench.run_through(39);
  EXPECT_EQ(bench.counter(1), 2) << "as many as the stream has room for";
  EXPECT_EQ(bench.sum_source.written.size(), 4U) << "and two wait before the buffer";
  bench.run_through(100);
  EXPECT_THAT(bench.sink.cycles, ElementsAre(40, 41, 42, 43, 48, 49, 50, 51));
  EXPECT_THAT(bench.came()[4], ElementsAre(4 + 8, 4 + 8, 4 + 8));
}

TEST(AccumulatorBufferTest, OfABeatOfSeveralRowsTakesARowACycle) {
  AccumulatorBufferBench bench("bench", config::Dataflow::kOutputStationary);
  bench.command({6, 100, 3}, true, true, 1);
  bench.command({1, 100, 3}, true, true, 2);
  bench.beat(10, 1);
  bench.beat(11, 3);
  bench.beat(14, 2);
  bench.beat(20, 1);
  bench.reset();
  bench.run_through(3);
  EXPECT_EQ(bench.sink.beats.size(), 2U);
  bench.run_through(50);
  EXPECT_THAT(bench.came(),
              ElementsAre(ElementsAre(10, 0, 1), ElementsAre(11, 0, 1), ElementsAre(12, 0, 1),
                          ElementsAre(13, 0, 1), ElementsAre(14, 0, 1), ElementsAre(15, 0, 1),
                          ElementsAre(20, 0, 1)));
  EXPECT_THAT(bench.sink.cycles, ElementsAre(2, 3, 4, 5, 6, 7, 8));
  for (const hw::SumRows& beat : bench.sink.beats) {
    EXPECT_EQ(beat.rows, 1);
  }
  EXPECT_EQ(bench.counter(1), 7);
}

TEST(AccumulatorBufferTest, RowsOfABeatAreKeptAndAddedUpEachWithItsOwn) {
  AccumulatorBufferBench bench("bench", config::Dataflow::kOutputStationary);
  bench.command({4, 2, 3}, true, false, 1);
  bench.command({4, 2, 3}, false, true, 2);
  bench.beat(1, 3);
  bench.beat(4, 1);
  bench.beat(10, 1);
  bench.beat(11, 3);
  bench.reset();
  bench.run_through(50);
  EXPECT_THAT(bench.came(), ElementsAre(ElementsAre(11, 0, 2), ElementsAre(13, 0, 2),
                                        ElementsAre(15, 0, 2), ElementsAre(17, 0, 2)));
  EXPECT_EQ(bench.tokens.cycle_of(1), 4) << "three rows from 1 on, and one";
  EXPECT_FALSE(bench.tokens.has(2));
}

TEST(AccumulatorBufferTest, ARowThatFindsNoRoomWaitsWithTheRestOfItsBeat) {
  AccumulatorBufferBench bench("bench", config::Dataflow::kOutputStationary);
  bench.command({8, 2, 3}, true, true, 1);
  bench.beat(0, 4);
  bench.beat(4, 4);
  bench.sink.takes = [](Cycles cycle) { return cycle % 7 == 0; };
  bench.reset();
  bench.run_through(20);  // a run that is broken off leaves nothing behind
  bench.reset();
  bench.run_through(100);
  ASSERT_EQ(bench.sink.beats.size(), 8U);
  for (std::int64_t row = 0; row < 8; ++row) {
    EXPECT_EQ(bench.sink.beats[static_cast<std::size_t>(row)].sums[0], row);
  }
}

TEST(AccumulatorBufferTest, APassOfInputStationaryHasARowForEachColumnOfTheResult) {
  AccumulatorBufferBench bench("bench", config::Dataflow::kInputStationary);
  bench.command({3, 2 * kArrayRows, 5}, true, true, 1);
  for (std::int64_t pass = 0; pass < 2; ++pass) {
    for (std::int64_t column = 0; column < 5; ++column) {
      bench.sums(column, pass, 1);
    }
  }
  bench.reset();
  bench.run_through(50);
  ASSERT_EQ(bench.sink.beats.size(), 5U);
  EXPECT_THAT(bench.came()[4], ElementsAre(8, 1, 2));
  EXPECT_EQ(bench.counter(0), 5);
}

TEST(AccumulatorBufferTest, FinishedSumsGoWhereTheirCommandSaysAndAreDoneThere) {
  AccumulatorBufferBench bench("bench");
  bench.command({2, kArrayRows, 3}, true, true, 1, mapping::SumSink::kAdderArray);
  bench.command({2, kArrayRows, 1}, true, true, 2, mapping::SumSink::kDividers);
  bench.command({2, kArrayRows, 3}, true, true, 3);
  bench.command({2, 2 * kArrayRows, 3}, true, true, 4, mapping::SumSink::kAdderArray);
  for (int i = 0; i < 10; ++i) {
    bench.sums(i, 0, 0);
  }
  bench.reset();
  bench.run_through(1);
  EXPECT_FALSE(bench.tokens.has(1));
  bench.run_through(50);
  EXPECT_THAT(bench.adder_array.cycles, ElementsAre(2, 3, 10, 11));
  EXPECT_THAT(bench.dividers.cycles, ElementsAre(4, 5));
  EXPECT_THAT(bench.sink.cycles, ElementsAre(6, 7));
  EXPECT_THAT(bench.adder_array.beats[2].sums, ElementsAre(6 + 8, 0, 0));
  EXPECT_THAT(bench.dividers.beats[1].sums, ElementsAre(3, 0, 0));
  EXPECT_EQ(bench.tokens.cycle_of(1), 2) << "when its last row went on";
  EXPECT_EQ(bench.tokens.cycle_of(2), 4);
  EXPECT_FALSE(bench.tokens.has(3)) << "the post-processor says so";
  EXPECT_EQ(bench.tokens.cycle_of(4), 10);
}

TEST(AccumulatorBufferTest, AWayThatIsFullHoldsBackItsOwnSumsAlone) {
  AccumulatorBufferBench bench("bench");
  bench.command({6, kArrayRows, 3}, true, true, 1);
  bench.command({3, kArrayRows, 3}, true, true, 2, mapping::SumSink::kAdderArray);
  for (int i = 0; i < 9; ++i) {
    bench.sums(i, 0, 0);
  }
  bench.adder_array.takes = [](Cycles cycle) { return cycle >= 40; };
  bench.reset();
  bench.run_through(39);
  EXPECT_EQ(bench.sink.beats.size(), 6U);
  EXPECT_EQ(bench.counter(1), 8) << "two rows in the stream to the adder array";
  EXPECT_FALSE(bench.tokens.has(2));
  bench.run_through(100);
  EXPECT_THAT(bench.adder_array.cycles, ElementsAre(40, 41, 42));
  EXPECT_EQ(bench.tokens.cycle_of(2), 41);
}

TEST(AccumulatorBufferTest, StallsOnAllSidesChangeNoSum) {
  AccumulatorBufferBench bench("bench");
  std::vector<std::vector<std::int64_t>> expected;
  for (std::int64_t command = 0; command < 20; ++command) {
    const std::int64_t m = 1 + command % 5;
    const std::int64_t folds = 1 + command % 3;
    bench.command(m, folds, true, true, static_cast<int>(command));
    for (std::int64_t fold = 0; fold < folds; ++fold) {
      for (std::int64_t row = 0; row < m; ++row) {
        bench.sums(command, row, fold);
      }
    }
    for (std::int64_t row = 0; row < m; ++row) {
      expected.push_back({command * folds, row * folds, folds * (folds - 1) / 2});
    }
  }
  bench.command_source.offers = at_random(1, 40);
  bench.sum_source.offers = at_random(2, 70);
  bench.sink.takes = at_random(3, 60);
  bench.reset();
  bench.run_through(2000);
  EXPECT_EQ(bench.came(), expected);
  const auto cycles = bench.sink.cycles;
  bench.clock.set_reverse_order(true);
  bench.reset();
  bench.run_through(2000);
  EXPECT_EQ(bench.sink.cycles, cycles);
}

}  // namespace
}  // namespace vitsim::test
