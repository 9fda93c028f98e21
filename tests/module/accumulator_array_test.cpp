// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/accumulator_array.h"

#include <deque>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/kernels/taylor.h"

#include "support/rows_bench.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

config::TaylorPipeline pipeline(int lanes, int initiation_interval = 1, int latency_cycles = 1) {
  config::TaylorPipeline config;
  config.accumulator_array.lanes = lanes;
  config.accumulator_array.initiation_interval = initiation_interval;
  config.accumulator_array.latency_cycles = latency_cycles;
  return config;
}

struct AccumulatorArrayBench : RowsBench {
  hw::AccumulatorArray unit{"unit", config, pad_config, graph, 1, clock};
  std::vector<mapping::Operand> outs;
  std::vector<std::vector<std::int64_t>> sums;  ///< by hand

  explicit AccumulatorArrayBench(const sc_core::sc_module_name& name,
                                 config::TaylorPipeline config_in = pipeline(16),
                                 int read_latency_cycles = 1)
      : RowsBench(name, config_in, read_latency_cycles) {
    add_op(model::TokenSum{});
    connect(unit);
  }

  struct Options {
    bool narrow = false;  ///< 16 bits, else two words
    bool by_column = false;
    std::vector<std::int64_t> tiles{};  ///< tokens of each but the last, which has the rest
  };
  /// Tokens that are summed up, a command for each tile; tokens of commands count from `done` on.
  void add(const IntMatrix& tokens_in, const Options& options, mapping::Token done,
           int element_bytes = 1) {
    const std::int64_t d = tokens_in.cols();
    const auto all =
        holding(options.by_column ? transposed(tokens_in.view()) : tokens_in, element_bytes);
    outs.push_back(allocate(1, options.narrow ? d : 2 * d, 2));
    auto& sum = sums.emplace_back(static_cast<std::size_t>(d));
    for (std::int64_t row = 0; row < tokens_in.rows(); ++row) {
      for (std::int64_t col = 0; col < d; ++col) {
        sum[static_cast<std::size_t>(col)] += tokens_in(row, col);
      }
    }
    std::int64_t first = 0;
    for (std::size_t i = 0; i <= options.tiles.size(); ++i) {
      const bool last = i == options.tiles.size();
      mapping::RowsTile tile;
      tile.rows = last ? tokens_in.rows() - first : options.tiles[i];
      tile.cols = d;
      tile.sums_rows = true;
      tile.first = i == 0;
      tile.in = all;
      tile.in->by_column = options.by_column;
      const auto pitch = all.region.pitch;
      if (options.by_column) {
        tile.in->region.address += first * element_bytes;
        tile.in->tile.cols = tile.rows;
      } else {
        tile.in->region = {all.region.address + first * pitch, tile.rows, d * element_bytes, pitch};
        tile.in->tile.rows = tile.rows;
      }
      if (last) {
        tile.out = outs.back();
      }
      command(tile, 0, done + static_cast<mapping::Token>(i));
      first += tile.rows;
    }
  }
  void expect_sums() const {
    for (std::size_t i = 0; i < outs.size(); ++i) {
      SCOPED_TRACE(testing::Message() << "sum " << i);
      const auto found = row_of(outs[i]);
      for (std::size_t col = 0; col < sums[i].size(); ++col) {
        const bool wide = found.size() > sums[i].size();
        ASSERT_EQ(wide ? kernels::load_sum(found, col) : found[col], sums[i][col]);
      }
    }
  }
};

struct Shape {
  std::int64_t tokens;
  std::int64_t d;
  int lanes;
  int initiation_interval;
  int latency_cycles;
  int read_latency_cycles;
};

std::vector<Shape> shapes() {
  return {{1, 1, 1, 1, 1, 1},   {197, 64, 64, 1, 1, 1}, {5, 33, 16, 1, 4, 3},
          {8, 16, 16, 5, 2, 1}, {7, 20, 8, 3, 9, 2},    {3, 24, 7, 2, 30, 5}};
}

TEST(AccumulatorArrayTest, TheSumIsWrittenLatencyAfterTheLastTokenAndNothingEarlier) {
  std::deque<AccumulatorArrayBench> benches;
  for (const Shape& shape : shapes()) {
    auto& bench =
        benches.emplace_back(sc_core::sc_gen_unique_name("bench"),
                             pipeline(shape.lanes, shape.initiation_interval, shape.latency_cycles),
                             shape.read_latency_cycles);
    bench.add(random_matrix(3, shape.tokens, shape.d, 8), {}, 1);
  }
  reset_all(benches);
  benches.back().run_through(3000);
  for (std::size_t i = 0; i < benches.size(); ++i) {
    const Shape shape = shapes()[i];
    SCOPED_TRACE(testing::Message() << shape.tokens << " tokens of " << shape.d << ", lanes "
                                    << shape.lanes << ", interval " << shape.initiation_interval);
    const std::int64_t groups = ceil_div<std::int64_t>(shape.d, shape.lanes);
    // A group of lanes every initiation_interval, from cycle 1 on; granted a cycle later.
    EXPECT_EQ(benches[i].granted(RowsBench::kReads),
              cycles_from(2, shape.tokens * groups, shape.initiation_interval));
    const Cycles last_came =
        2 + (shape.tokens * groups - 1) * shape.initiation_interval + shape.read_latency_cycles;
    EXPECT_EQ(benches[i].granted(RowsBench::kWrites),
              cycles_from(last_came + shape.latency_cycles + 1, groups));
    EXPECT_EQ(benches[i].tokens.cycle_of(1), benches[i].granted(RowsBench::kWrites).back() + 1);
    benches[i].expect_sums();
  }
}

TEST(AccumulatorArrayTest, NoSumIsThereACycleBeforeItIsDue) {
  AccumulatorArrayBench bench("bench", pipeline(16, 1, 6));
  bench.add(random_matrix(3, 10, 16, 8), {}, 1);
  bench.reset();
  constexpr Cycles kDue = 2 + 9 + 1 + 6;  // ten reads from 2 on, their latency, the pipeline
  bench.run_through(kDue);
  EXPECT_THAT(bench.granted(RowsBench::kWrites), IsEmpty());
  bench.run_through(kDue + 1);
  EXPECT_THAT(bench.granted(RowsBench::kWrites), ElementsAre(kDue + 1));
}

TEST(AccumulatorArrayTest, LanesAreThoseOfThePipelineWhereItsOwnAreNotGiven) {
  config::TaylorPipeline config = pipeline(0);
  config.lanes = 8;
  AccumulatorArrayBench bench("bench", config);
  bench.add(random_matrix(3, 4, 20, 8), {}, 1);
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.granted(RowsBench::kReads), cycles_from(2, 4 * 3));
  std::vector<Bytes> sizes;
  for (const auto& access : bench.memory.accesses_of(RowsBench::kWrites)) {
    sizes.push_back(access.size);
  }
  EXPECT_THAT(sizes, ElementsAre(8 * 4, 8 * 4, 4 * 4)) << "two words a sum";
  bench.expect_sums();
}

TEST(AccumulatorArrayTest, TokensOfSeveralTilesMakeOneSumAndPartialTilesAreDoneInOrder) {
  AccumulatorArrayBench one("one");
  AccumulatorArrayBench several("several");
  const IntMatrix tokens = random_matrix(5, 40, 16, 8);
  one.add(tokens, {}, 1);
  several.add(tokens, {.tiles = {10, 1, 20}}, 1);
  for (AccumulatorArrayBench* bench : {&one, &several}) {
    bench->reset();
  }
  one.run_through(200);
  one.expect_sums();
  several.expect_sums();
  EXPECT_EQ(several.granted(RowsBench::kReads), one.granted(RowsBench::kReads));
  EXPECT_EQ(several.granted(RowsBench::kWrites), one.granted(RowsBench::kWrites));
  // A partial tile is done when its last token is in: granted in 2, 3 and so on, a cycle of
  // latency.
  EXPECT_EQ(several.tokens.cycle_of(1), 2 + 9 + 1);
  EXPECT_EQ(several.tokens.cycle_of(2), 2 + 10 + 1);
  EXPECT_EQ(several.tokens.cycle_of(3), 2 + 30 + 1);
  EXPECT_EQ(several.tokens.cycle_of(4), one.tokens.cycle_of(1));
}

TEST(AccumulatorArrayTest, APartialTileIsNotDoneBeforeTheSumOfTheCommandBeforeIsWritten) {
  AccumulatorArrayBench bench("bench", pipeline(16, 1, 50));
  bench.add(random_matrix(5, 4, 16, 8), {}, 1);
  bench.add(random_matrix(6, 6, 16, 8), {.tiles = {3}}, 2);
  bench.reset();
  bench.run_through(200);
  bench.expect_sums();
  const Cycles first = 2 + 3 + 1 + 50 + 2;  // four reads, latencies, write and its answer
  EXPECT_EQ(bench.tokens.cycle_of(1), first);
  EXPECT_EQ(bench.tokens.cycle_of(2), first + 1) << "all its tokens came long before";
  EXPECT_EQ(bench.tokens.cycle_of(3), first + 6) << "six tokens later";
}

TEST(AccumulatorArrayTest, EachCommandThatIsTheFirstStartsAnew) {
  AccumulatorArrayBench bench("bench");
  for (int i = 0; i < 4; ++i) {
    bench.add(random_matrix(static_cast<std::uint64_t>(10 + i), 3 + i, 9 + i, 8),
              {.narrow = i % 2 == 1, .tiles = {2}}, 2 * i);
  }
  bench.reset();
  bench.run_through(300);
  bench.expect_sums();
  EXPECT_EQ(bench.tokens.cycles.size(), 8U);
}

TEST(AccumulatorArrayTest, SumsThatDoNotFit16BitsSaturateAndAreCounted) {
  AccumulatorArrayBench narrow("narrow");
  AccumulatorArrayBench wide("wide");
  IntMatrix tokens(3, 4);
  for (std::int64_t row = 0; row < 3; ++row) {
    tokens(row, 0) = 32000;
    tokens(row, 1) = -32000;
    tokens(row, 2) = 10000;
    tokens(row, 3) = 7;
  }
  narrow.add(tokens, {.narrow = true}, 1, 2);
  wide.add(tokens, {}, 1, 2);
  narrow.reset();
  wide.reset();
  wide.run_through(100);
  EXPECT_THAT(narrow.row_of(narrow.outs[0]), ElementsAre(32767, -32768, 30000, 21));
  EXPECT_EQ(counter(narrow.unit.stats(), "saturated_sums"), 2);
  wide.expect_sums();
  EXPECT_EQ(counter(wide.unit.stats(), "saturated_sums"), 0);
  EXPECT_EQ(counter(wide.unit.stats(), "rows"), 3);
}

TEST(AccumulatorArrayTest, TokensThatLieByColumnsAreReadElementByElement) {
  AccumulatorArrayBench bench("bench");
  bench.add(random_matrix(5, 12, 20, 16), {.by_column = true, .tiles = {5}}, 1, 2);
  bench.reset();
  bench.run_through(200);
  bench.expect_sums();
  EXPECT_EQ(bench.granted(RowsBench::kReads), cycles_from(2, 12 * 2));
  const auto reads = bench.memory.accesses_of(RowsBench::kReads);
  EXPECT_EQ(reads[0].size, 16 * 2);
  EXPECT_EQ(reads[1].size, 4 * 2);
  EXPECT_EQ(reads[1].address - reads[0].address, 16 * reads[0].stride) << "sixteen features on";
  EXPECT_EQ(reads[2].address - reads[0].address, 2) << "the next token";
}

TEST(AccumulatorArrayTest, EveryCycleFromItsCommandToItsLastWriteIsBusyOrStalled) {
  AccumulatorArrayBench bench("bench", pipeline(16), 3);
  bench.add(random_matrix(5, 40, 20, 8), {.tiles = {10, 20}}, 1);
  bench.memory.grants = at_random(5, 60);
  bench.reset();
  bench.run_through(1000);
  bench.unit.activity().account(1000);
  EXPECT_EQ(bench.unit.activity().total().total(), bench.tokens.cycle_of(3) - 1);
}

TEST(AccumulatorArrayTest, StallsAndAResetInTheMiddleChangeNoSum) {
  AccumulatorArrayBench bench("bench", pipeline(8, 2, 5), 3);
  for (int i = 0; i < 10; ++i) {
    bench.add(random_matrix(static_cast<std::uint64_t>(i), 9, 5 + 3 * i, 8),
              {.narrow = i % 3 == 0, .by_column = i % 2 == 0, .tiles = {1 + i % 4, 3}}, 3 * i);
  }
  bench.memory.grants = at_random(5, 60);
  bench.source.offers = at_random(6, 10);
  bench.reset();
  bench.run_through(77);
  std::vector<Cycles> first;
  for (const bool reverse : {false, true}) {
    bench.clock.set_reverse_order(reverse);
    bench.reset();
    bench.run_through(5000);
    bench.expect_sums();
    EXPECT_EQ(bench.tokens.cycles.size(), 30U);
    if (!reverse) {
      first = bench.granted(RowsBench::kWrites);
    }
  }
  EXPECT_EQ(bench.granted(RowsBench::kWrites), first);
}

}  // namespace
}  // namespace vitsim::test
