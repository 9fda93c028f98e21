// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/operand_fetcher.h"

#include <algorithm>
#include <deque>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/hw/scratchpad.h"

#include "support/array_feed.h"
#include "support/arrays.h"
#include "support/bench.h"
#include "support/commands.h"
#include "support/memory_mocks.h"
#include "support/stream_mocks.h"
#include "support/token_log.h"

namespace vitsim::test {
namespace {

using mapping::Side;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Bytes kPitch = 512;
constexpr int kCols = 64;  ///< more than what any operand has

config::Accelerator machine(config::PeArray array, int read_latency_cycles) {
  config::Accelerator config;
  config.pe_array = array;
  config.scratchpad.read_latency_cycles = read_latency_cycles;
  return config;
}

/// Columns of K_hat are read element by element.
config::Accelerator gathering(config::PeArray array, int read_latency_cycles) {
  auto config = machine(array, read_latency_cycles);
  config.taylor_pipeline.emplace().feature_reads = config::FeatureReads::kGather;
  return config;
}

struct Beat {
  std::int64_t rows;
  std::vector<std::int16_t> values;
  friend bool operator==(const Beat&, const Beat&) = default;
};

std::vector<Beat> beats_of(const std::vector<hw::OperandRows>& beats) {
  std::vector<Beat> all;
  for (const auto& beat : beats) {
    all.push_back({beat.rows, beat.values});
  }
  return all;
}

struct OperandFetcherBench : Bench {
  Side side;
  config::Accelerator config;
  hw::OperandFetcher fetcher{"fetcher", side, config, clock};
  FakeMemory memory{"memory", 1 << 18, config.scratchpad.read_latency_cycles, clock};
  TokenLog tokens{clock};
  Commands commands;
  hw::Stream<hw::CommandBeat> queue{"queue", clock};
  hw::Stream<hw::OperandRows> rows{"rows", clock};
  Source<hw::CommandBeat> source{"source", clock};
  Sink<hw::OperandRows> sink{"sink", clock};
  ArrayFeed feed;

  OperandFetcherBench(const sc_core::sc_module_name& name, Side side_in,
                      const config::PeArray& array, int read_latency_cycles = 1)
      : OperandFetcherBench(name, side_in, machine(array, read_latency_cycles)) {}
  OperandFetcherBench(const sc_core::sc_module_name& name, Side side_in,
                      const config::Accelerator& config_in)
      : Bench(name), side(side_in), config(config_in) {
    source.out.bind(queue);
    fetcher.commands_in.bind(queue);
    fetcher.rows_out.bind(rows);
    sink.in.bind(rows);
    for (auto& port : fetcher.memory) {
      port.bind(memory.add_port());
    }
    fetcher.tokens_out.bind(tokens);
  }
  void clear_streams() override {
    queue.clear();
    rows.clear();
    tokens.cycles.clear();
  }

  /// A command, its operands behind those of the one before. The token with its number is set when
  /// the side's operand is read. `lies_turned`: the side's operand lies as [k x m] or [n x k].
  void add(const model::GemmShape& shape, bool lies_turned = false, bool shared = false) {
    const auto number = static_cast<mapping::Token>(source.beats.size());
    const auto seed = 2 * static_cast<std::uint64_t>(number);
    const IntMatrix lhs = random_matrix(seed, shape.m, shape.k, 16);
    const IntMatrix rhs = random_matrix(seed + 1, shape.k, shape.n, 8);
    const IntMatrix& own = side == Side::kLhs ? lhs : rhs;
    const IntMatrix lying = lies_turned ? transposed(own.view()) : own;
    const int element_bytes = side == Side::kLhs ? 2 : 1;
    mapping::MatmulTile tile;
    tile.shape = shape;
    (side == Side::kLhs ? tile.lhs_transposed : tile.rhs_transposed) = lies_turned;
    tile.lhs_to_sa_diag = shared;
    (side == Side::kLhs ? tile.lhs : tile.rhs) =
        operand_at(next_address_, lying.rows(), lying.cols(), element_bytes, kPitch);
    (side == Side::kLhs ? tile.lhs_read : tile.rhs_read) = number;
    for (std::int64_t row = 0; row < lying.rows(); ++row) {
      const auto values = lying.row(row);
      memory.put(next_address_ + row * kPitch, {values.begin(), values.end()}, element_bytes);
    }
    next_address_ += lying.rows() * kPitch;
    source.beats.push_back(commands.add(tile));
    add_feed(config.pe_array, lhs.view(), rhs.view(), feed);
  }
  [[nodiscard]] std::vector<Beat> came() const { return beats_of(sink.beats); }
  [[nodiscard]] std::vector<Beat> expected() const {
    return beats_of(side == Side::kLhs ? feed.lhs : feed.rhs);
  }
  /// Rows in which the reads begin, in the order of the grants.
  [[nodiscard]] std::vector<Bytes> rows_read() const {
    std::vector<Bytes> found;
    for (const auto& access : memory.accesses) {
      found.push_back(access.address / kPitch);
    }
    return found;
  }
  [[nodiscard]] int latency() const { return config.scratchpad.read_latency_cycles; }
  /// When the sink has the first beat of a block that passes the transpose buffer.
  [[nodiscard]] Cycles first_turned(std::int64_t reads) const {
    const auto ports = static_cast<std::int64_t>(fetcher.memory.size());
    // Asked for, granted, data; the cycle after the last row; a cycle in the stream.
    return ceil_div(reads, ports) + 1 + latency() + 2;
  }

 private:
  Bytes next_address_ = 0;
};

std::vector<Cycles> from(Cycles first, std::size_t count) {
  std::vector<Cycles> cycles;
  for (std::size_t i = 0; i < count; ++i) {
    cycles.push_back(first + static_cast<Cycles>(i));
  }
  return cycles;
}

class OperandFetcherLatencyTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Cycles, OperandFetcherLatencyTest, testing::Values(1, 2, 9));

// --- rows that stream ---

TEST(OperandFetcherTest, GivesTheRowsOfEachFoldInOrder) {
  OperandFetcherBench bench("bench", Side::kLhs, weight_stationary(4, kCols));
  bench.add({3, 10, 8});
  bench.reset();
  bench.run_through(50);
  ASSERT_EQ(bench.came().size(), 9U);
  EXPECT_EQ(bench.came(), bench.expected());
  EXPECT_EQ(bench.came().back().values.size(), 2U) << "the last fold has what is left of K";
}

TEST_P(OperandFetcherLatencyTest, TheFirstRowLeavesInTheCycleInWhichItsDataCome) {
  OperandFetcherBench bench("bench", Side::kLhs, weight_stationary(4, kCols), GetParam());
  bench.add({3, 4, 8});
  bench.reset();
  const Cycles taken = 1 + 1 + GetParam() + 1;  // asked for, granted, data, a cycle in the stream
  bench.run_through(taken - 1);
  EXPECT_THAT(bench.sink.cycles, IsEmpty());
  bench.run_through(taken);
  EXPECT_THAT(bench.sink.cycles, ElementsAre(taken));
}

TEST_P(OperandFetcherLatencyTest, ARowACycleAcrossFoldsAndCommandsWhateverTheLatency) {
  OperandFetcherBench bench("bench", Side::kLhs, weight_stationary(4, kCols), GetParam());
  bench.add({20, 8, 8});
  bench.add({1, 4, 8});
  bench.add({10, 3, 8});
  bench.reset();
  bench.run_through(200);
  EXPECT_EQ(bench.came(), bench.expected());
  const Cycles first = 3 + GetParam();
  EXPECT_EQ(bench.sink.cycles, from(first, 51));
  // Set when the last row came: a cycle before the sink sees it.
  EXPECT_EQ(bench.tokens.cycle_of(0), first - 1 + 39);
  EXPECT_EQ(bench.tokens.cycle_of(1), first - 1 + 40);
  EXPECT_EQ(bench.tokens.cycle_of(2), first - 1 + 50);
}

TEST_P(OperandFetcherLatencyTest, WhileTheArrayTakesNothingItAsksForNoMoreThanItsBufferHolds) {
  OperandFetcherBench bench("bench", Side::kLhs, weight_stationary(4, kCols), GetParam());
  bench.add({50, 4, 8});
  bench.sink.takes = [](Cycles cycle) { return cycle >= 60; };
  bench.reset();
  bench.run_through(59);
  EXPECT_EQ(bench.memory.accesses.size(),
            static_cast<std::size_t>(hw::operand_buffer_rows(GetParam())) + 2);  // 2 in the stream
  EXPECT_FALSE(bench.tokens.has(0));
  bench.run_through(200);
  EXPECT_EQ(bench.came(), bench.expected());
  EXPECT_TRUE(bench.tokens.has(0));
}

TEST_P(OperandFetcherLatencyTest, InputStationaryAnRhsThatLiesByColumnsStreamsARowACycle) {
  OperandFetcherBench bench("bench", Side::kRhs, input_stationary(4, kCols), GetParam());
  bench.add({3, 10, 7}, true);
  bench.add({3, 4, 2}, true);
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected());
  EXPECT_EQ(bench.sink.cycles, from(3 + GetParam(), 3 * 7 + 2));
}

TEST_P(OperandFetcherLatencyTest, OutputStationaryARhsThatLiesByRowsIsReadAgainForEachFold) {
  OperandFetcherBench bench("bench", Side::kRhs, output_stationary(4, 5), GetParam());
  bench.add({9, 7, 5});
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected());
  EXPECT_EQ(bench.sink.cycles, from(3 + GetParam(), 3 * 7));
  EXPECT_EQ(bench.memory.accesses.size(), 3U * 7);
  EXPECT_EQ(bench.tokens.cycle_of(0), bench.sink.cycles.back() - 1);
}

TEST_P(OperandFetcherLatencyTest, RowWiseAColumnThatLiesInOnePieceIsReadInAsManyAsTheMacsTake) {
  OperandFetcherBench bench("bench", Side::kRhs, row_wise(2, 2, 3), GetParam());
  bench.add({5, 15, 4}, true);
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected());
  // Three blocks of tokens, four columns, pieces of 6, 6 and 3.
  EXPECT_EQ(bench.sink.cycles, from(3 + GetParam(), 3 * 4 * 3));
  EXPECT_EQ(bench.memory.accesses[1].address, 6);
  EXPECT_EQ(bench.memory.accesses[1].size, 6);
  EXPECT_EQ(bench.memory.accesses[2].size, 3);
  EXPECT_EQ(bench.tokens.cycle_of(0), bench.sink.cycles.back() - 1);
}

// --- the operand that stays ---

TEST(OperandFetcherTest, GivesTheLastRowOfPesFirstAndZerosBeyondKWhichItDoesNotRead) {
  OperandFetcherBench bench("bench", Side::kRhs, weight_stationary(4, kCols));
  bench.add({5, 6, 3});
  bench.reset();
  bench.run_through(50);
  EXPECT_EQ(bench.came(), bench.expected());
  EXPECT_THAT(bench.rows_read(), ElementsAre(3, 2, 1, 0, 5, 4));
}

TEST_P(OperandFetcherLatencyTest, AStraightOperandGivesABeatACycleAcrossFoldsAndCommands) {
  OperandFetcherBench bench("bench", Side::kRhs, weight_stationary(4, kCols), GetParam());
  bench.add({5, 8, 3});
  bench.add({5, 4, 2});
  bench.reset();
  const Cycles first = 3 + GetParam();
  bench.run_through(first - 1);
  EXPECT_THAT(bench.sink.cycles, IsEmpty());
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected());
  EXPECT_EQ(bench.sink.cycles, from(first, 12));
  EXPECT_EQ(bench.tokens.cycle_of(0), first - 1 + 7);
  EXPECT_EQ(bench.tokens.cycle_of(1), first - 1 + 11);
}

TEST_P(OperandFetcherLatencyTest, SeveralRowsEnterInACycleThroughAsManyPorts) {
  std::deque<OperandFetcherBench> benches;
  for (const int rows : {6, 7, 8}) {
    for (const int rows_per_cycle : {2, 3, 5, 64}) {
      auto& bench =
          benches.emplace_back(sc_core::sc_gen_unique_name("bench"), Side::kRhs,
                               loading(rows_per_cycle, weight_stationary(rows, kCols)), GetParam());
      bench.add({5, 3 * rows, 4});
      bench.add({5, 2 * rows, 2});
    }
  }
  reset_all(benches);
  benches.back().run_through(100);
  for (const auto& bench : benches) {
    const int rows = bench.config.pe_array.rows;
    const int rows_per_cycle = std::min(bench.config.pe_array.weight_rows_per_cycle, rows);
    SCOPED_TRACE(testing::Message() << rows_per_cycle << " of " << rows << " rows a cycle");
    EXPECT_EQ(bench.fetcher.memory.size(), static_cast<std::size_t>(rows_per_cycle));
    ASSERT_EQ(bench.came(), bench.expected());
    EXPECT_EQ(bench.sink.cycles,
              from(3 + GetParam(), static_cast<std::size_t>(5 * ceil_div(rows, rows_per_cycle))));
    EXPECT_EQ(bench.tokens.cycle_of(1), bench.sink.cycles.back() - 1);
  }
}

TEST(OperandFetcherTest, ABeatWaitsForTheLastOfItsRows) {
  OperandFetcherBench bench("bench", Side::kRhs, loading(2, weight_stationary(4, kCols)));
  bench.add({5, 4, 3});
  // The ports are refused independently: the mock asks for each in a time of its own.
  bench.memory.grants = [](Cycles cycle) { return cycle < 1000003 || cycle >= 1000003 + 30; };
  bench.reset();
  bench.run_through(31);
  EXPECT_THAT(bench.sink.cycles, IsEmpty());
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected());
  EXPECT_THAT(bench.sink.cycles, ElementsAre(30 + 1 + 1, 30 + 1 + 1 + 1));
}

TEST(OperandFetcherTest, BeatsOfPaddingAloneNeedNoRead) {
  OperandFetcherBench bench("bench", Side::kRhs, loading(3, weight_stationary(8, kCols)));
  bench.add({5, 1, 3});
  bench.memory.grants = [](Cycles cycle) { return cycle % 1000003 >= 30; };
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected());
  // Seven rows of zeros: two beats, and one that has the row of K.
  EXPECT_THAT(bench.sink.cycles, ElementsAre(2 + 1, 2 + 2, 30 + 1 + 1));
  EXPECT_EQ(bench.memory.accesses.size(), 1U);
}

// --- the transpose buffer ---

TEST(OperandFetcherTest, TransposesAnOperandThatLiesTheOtherWayRound) {
  OperandFetcherBench bench("bench", Side::kRhs, weight_stationary(4, kCols));
  bench.add({5, 10, 3}, true);
  bench.reset();
  bench.run_through(80);
  EXPECT_EQ(bench.came(), bench.expected());
  ASSERT_EQ(bench.memory.accesses.size(), 9U);
  EXPECT_EQ(bench.memory.accesses[8].size, 2) << "of the last fold only what is left of K";
}

/// An operand that goes through the buffer: its first block has `reads` rows.
struct Turned {
  std::string what;
  Side side;
  config::PeArray array;
  model::GemmShape shape;
  bool rhs_transposed;
  std::int64_t reads;
};

/// Of one block each.
std::vector<Turned> turned_operands() {
  return {
      {"weight_stationary, rhs", Side::kRhs, weight_stationary(4, kCols), {5, 4, 6}, true, 6},
      {"... two rows a cycle",
       Side::kRhs,
       loading(2, weight_stationary(4, kCols)),
       {5, 4, 6},
       true,
       6},
      {"... three", Side::kRhs, loading(3, weight_stationary(4, kCols)), {5, 4, 7}, true, 7},
      {"input_stationary, lhs", Side::kLhs, input_stationary(4, kCols), {6, 3, 5}, false, 6},
      {"... three rows a cycle",
       Side::kLhs,
       loading(3, input_stationary(4, kCols)),
       {7, 4, 5},
       false,
       7},
      {"input_stationary, rhs", Side::kRhs, input_stationary(4, kCols), {6, 3, 4}, false, 3},
      {"output_stationary, lhs", Side::kLhs, output_stationary(4, 5), {3, 4, 5}, false, 3},
      {"output_stationary, rhs", Side::kRhs, output_stationary(4, 5), {4, 5, 3}, true, 3},
      {"row_wise, lhs", Side::kLhs, row_wise(5, 2, 2), {5, 9, 3}, false, 5},
      {"... two rows a cycle", Side::kLhs, loading(2, row_wise(5, 2, 2)), {5, 9, 3}, false, 5},
      {"row_wise, rhs", Side::kRhs, row_wise(5, 2, 2), {5, 9, 3}, false, 9},
  };
}

TEST_P(OperandFetcherLatencyTest, ABlockThatIsTurnedLeavesFromTheCycleAfterItsLastRowCame) {
  std::deque<OperandFetcherBench> benches;
  for (const Turned& turned : turned_operands()) {
    auto& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"), turned.side,
                                       turned.array, GetParam());
    bench.add(turned.shape, turned.rhs_transposed);
  }
  reset_all(benches);
  benches.back().run_through(100);
  for (std::size_t i = 0; i < benches.size(); ++i) {
    const Turned turned = turned_operands()[i];
    SCOPED_TRACE(turned.what);
    const OperandFetcherBench& bench = benches[i];
    EXPECT_EQ(bench.came(), bench.expected());
    const Cycles first = bench.first_turned(turned.reads);
    EXPECT_EQ(bench.sink.cycles, from(first, bench.expected().size()));
    EXPECT_EQ(bench.tokens.cycle_of(0), first - 2) << "as the last row came";
    EXPECT_EQ(bench.memory.accesses.size(), static_cast<std::size_t>(turned.reads));
  }
}

TEST(OperandFetcherTest, TransposedFoldsFollowEachOtherEveryMaxOfNAndRowsInTheSteadyState) {
  std::deque<OperandFetcherBench> benches;
  const std::vector<std::tuple<int, int, int>> shapes{
      {4, 4, 1}, {4, 4, 9}, {4, 9, 1},   {4, 3, 1},   {8, 2, 2},
      {1, 5, 1}, {5, 1, 3}, {16, 16, 3}, {16, 15, 1}, {15, 16, 2}};
  for (const auto& [rows, n, latency] : shapes) {
    auto& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"), Side::kRhs,
                                       weight_stationary(rows, kCols), latency);
    bench.add({5, rows * 10, n}, true);
  }
  reset_all(benches);
  benches.back().run_through(500);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const auto [rows, n, latency] = shapes[i];
    SCOPED_TRACE(testing::Message() << rows << " rows, n " << n << ", latency " << latency);
    ASSERT_EQ(benches[i].came(), benches[i].expected());
    for (std::size_t fold = 1; fold < 10; ++fold) {
      const auto first = fold * static_cast<std::size_t>(rows);
      EXPECT_EQ(benches[i].sink.cycles[first] -
                    benches[i].sink.cycles[first - static_cast<std::size_t>(rows)],
                std::max(n, rows));
    }
  }
}

/// Operands of many blocks alike, of `beats` each.
struct Steady {
  std::string what;
  Side side;
  config::PeArray array;
  model::GemmShape shape;
  bool rhs_transposed;
  std::size_t beats;
  Cycles interval;
};

TEST_P(OperandFetcherLatencyTest, BlocksThatAreTurnedFollowEachOtherByTheLongerOfReadsAndBeats) {
  const std::vector<Steady> cases{
      {"input_stationary, lhs", Side::kLhs, input_stationary(6, kCols), {6, 60, 3}, false, 6, 6},
      {"... higher", Side::kLhs, input_stationary(6, kCols), {9, 60, 3}, false, 6, 9},
      {"... lower", Side::kLhs, input_stationary(6, kCols), {2, 60, 3}, false, 6, 6},
      {"... three rows a cycle",
       Side::kLhs,
       loading(3, input_stationary(6, kCols)),
       {6, 60, 3},
       false,
       2,
       2},
      {"... and higher",
       Side::kLhs,
       loading(3, input_stationary(6, kCols)),
       {9, 60, 3},
       false,
       2,
       3},
      {"... of rows that leave a rest",
       Side::kLhs,
       loading(3, input_stationary(7, kCols)),
       {6, 70, 3},
       false,
       3,
       3},
      {"input_stationary, rhs", Side::kRhs, input_stationary(5, kCols), {3, 5, 50}, false, 5, 5},
      {"... lower", Side::kRhs, input_stationary(5, kCols), {3, 2, 50}, false, 5, 5},
      {"output_stationary, lhs", Side::kLhs, output_stationary(5, 3), {5, 50, 3}, false, 5, 5},
      {"... lower", Side::kLhs, output_stationary(5, 3), {2, 50, 3}, false, 5, 5},
      {"output_stationary, rhs", Side::kRhs, output_stationary(5, 4), {5, 40, 4}, true, 4, 4},
      {"... narrower", Side::kRhs, output_stationary(5, 4), {5, 40, 1}, true, 4, 4},
      {"row_wise, lhs", Side::kLhs, row_wise(4, 2, 2), {40, 9, 3}, false, 1, 4},
      {"... two rows a cycle", Side::kLhs, loading(2, row_wise(4, 2, 2)), {40, 9, 3}, false, 1, 2},
      {"row_wise, rhs of four columns of two pieces",
       Side::kRhs,
       row_wise(4, 2, 2),
       {2, 8, 40},
       false,
       8,
       8},
      {"... of three pieces", Side::kRhs, row_wise(4, 2, 2), {2, 9, 40}, false, 12, 12},
  };
  std::deque<OperandFetcherBench> benches;
  for (const Steady& steady : cases) {
    auto& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"), steady.side,
                                       steady.array, GetParam());
    bench.add(steady.shape, steady.rhs_transposed);
  }
  reset_all(benches);
  benches.back().run_through(500);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(cases[i].what);
    const OperandFetcherBench& bench = benches[i];
    ASSERT_EQ(bench.came(), bench.expected());
    for (std::size_t beat = cases[i].beats; beat < bench.sink.cycles.size(); ++beat) {
      EXPECT_EQ(bench.sink.cycles[beat] - bench.sink.cycles[beat - cases[i].beats],
                cases[i].interval);
    }
  }
}

TEST(OperandFetcherTest, TheBufferHoldsTwoBlocksAndRowsOfTheNextWaitWithThoseUnderWay) {
  OperandFetcherBench bench("bench", Side::kRhs, weight_stationary(4, kCols), 3);
  bench.add({5, 4 * 30, 5}, true);
  bench.sink.takes = [](Cycles cycle) { return cycle >= 100; };
  bench.reset();
  bench.run_through(99);
  EXPECT_EQ(bench.memory.accesses.size(),
            2 * 5 + static_cast<std::size_t>(hw::operand_buffer_rows(3)));
  bench.run_through(1000);
  EXPECT_EQ(bench.came(), bench.expected());
}

TEST(OperandFetcherTest, WhileTheArrayTakesNothingEachPortHasItsBufferOfRows) {
  OperandFetcherBench bench("bench", Side::kRhs, loading(2, weight_stationary(4, kCols)), 3);
  bench.add({5, 4 * 30, 5});
  bench.sink.takes = [](Cycles cycle) { return cycle >= 100; };
  bench.reset();
  bench.run_through(99);
  EXPECT_EQ(bench.memory.accesses.size(),
            2 * static_cast<std::size_t>(hw::operand_buffer_rows(3)) + 2 * 2);  // 2 in the stream
  EXPECT_FALSE(bench.tokens.has(0));
  bench.run_through(400);
  EXPECT_EQ(bench.came(), bench.expected());
}

TEST(OperandFetcherTest, TakesAStraightOperandRightAfterATransposedOne) {
  OperandFetcherBench bench("bench", Side::kRhs, weight_stationary(4, kCols), 2);
  bench.add({5, 12, 5}, true);
  bench.add({5, 6, 3}, false);
  bench.add({5, 7, 4}, true);
  bench.reset();
  bench.run_through(200);
  EXPECT_EQ(bench.came(), bench.expected());
  EXPECT_EQ(bench.tokens.cycles.size(), 3U);
}

TEST(OperandFetcherTest, ReadsTheBlocksOfAFoldInTheOrderInWhichTheyStream) {
  // Two folds of 3 and 2 rows, K in blocks of 3 and 1 columns.
  OperandFetcherBench bench("bench", Side::kLhs, output_stationary(3, 2));
  bench.add({5, 4, 2});
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected());
  EXPECT_THAT(bench.rows_read(), ElementsAre(0, 1, 2, 0, 1, 2, 3, 4, 3, 4));
  std::vector<Bytes> sizes;
  for (const auto& access : bench.memory.accesses) {
    sizes.push_back(access.size);
  }
  EXPECT_THAT(sizes, ElementsAre(6, 6, 6, 2, 2, 2, 6, 6, 2, 2));
}

TEST(OperandFetcherTest, TurnsAsManyColumnsAtATimeAsTheArrayIsHighOrWide) {
  // Blocks of three rows and 4, 4 and 1 columns, of one byte an element.
  OperandFetcherBench by_rows("by_rows", Side::kRhs, input_stationary(4, kCols));
  OperandFetcherBench by_cols("by_cols", Side::kRhs, output_stationary(2, 4));
  OperandFetcherBench by_macs("by_macs", Side::kRhs, row_wise(2, 2, 2));
  by_rows.add({2, 3, 9});
  by_cols.add({2, 9, 3}, true);
  by_macs.add({2, 3, 9});
  for (OperandFetcherBench* bench : {&by_rows, &by_cols, &by_macs}) {
    bench->reset();
  }
  by_rows.run_through(100);
  for (const OperandFetcherBench* bench : {&by_rows, &by_cols, &by_macs}) {
    EXPECT_EQ(bench->came(), bench->expected());
    std::vector<Bytes> sizes;
    for (const auto& access : bench->memory.accesses) {
      sizes.push_back(access.size);
    }
    EXPECT_THAT(sizes, ElementsAre(4, 4, 4, 4, 4, 4, 1, 1, 1));
  }
}

TEST(OperandFetcherTest, RowWiseABlockOfTokensIsOneBeatAndEachTokenReadOnce) {
  OperandFetcherBench bench("bench", Side::kLhs, row_wise(3, 2, 2));
  bench.add({7, 10, 2});
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected());
  EXPECT_THAT(bench.rows_read(), ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_EQ(bench.sink.beats.back().rows, 1);
}

// --- Taylor attention ---

TEST_P(OperandFetcherLatencyTest, ALhsThatLiesByColumnsIsTurnedInBlocksAsWideAsTheArrayIsHigh) {
  OperandFetcherBench bench("bench", Side::kLhs, weight_stationary(4, kCols), GetParam());
  bench.add({9, 4, 8}, true);
  bench.reset();
  const Cycles first = bench.first_turned(4);
  bench.run_through(first - 1);
  EXPECT_THAT(bench.sink.cycles, IsEmpty());
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected());
  // Four rows of blocks of 4, 4 and 1 columns, of two bytes: the last block waits for its reads.
  EXPECT_THAT(bench.rows_read(), ElementsAre(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3));
  EXPECT_EQ(bench.memory.accesses[3].size, 4 * 2);
  EXPECT_EQ(bench.memory.accesses[8].address, 8 * 2);
  EXPECT_EQ(bench.memory.accesses[8].size, 2);
  EXPECT_EQ(bench.sink.cycles, from(first, 9));
  EXPECT_EQ(bench.tokens.cycle_of(0), first - 2 + 8) << "as the last row came";
}

TEST_P(OperandFetcherLatencyTest, BlocksOfATurnedLhsTakeTheLongerOfTheirReadsAndBeats) {
  std::deque<OperandFetcherBench> benches;
  for (const auto& [rows, k] : {std::pair{4, 4}, {6, 2}, {8, 1}, {5, 5}}) {
    benches
        .emplace_back(sc_core::sc_gen_unique_name("bench"), Side::kLhs,
                      weight_stationary(rows, kCols), GetParam())
        .add({5 * rows, k, 3}, true);
  }
  // One column of the last fold's blocks is left: four reads for a beat.
  auto& narrow =
      benches.emplace_back("narrow", Side::kLhs, weight_stationary(4, kCols), GetParam());
  for (int i = 0; i < 6; ++i) {
    narrow.add({1, 4, 3}, true);
  }
  reset_all(benches);
  benches.back().run_through(200);
  for (const auto& bench : benches) {
    EXPECT_EQ(bench.came(), bench.expected());
  }
  for (std::size_t i = 0; i < 4; ++i) {
    // As many beats as the array is high, and no more reads: a beat a cycle.
    EXPECT_EQ(benches[i].sink.cycles,
              from(benches[i].sink.cycles[0], benches[i].sink.beats.size()));
  }
  for (std::size_t beat = 1; beat < 6; ++beat) {
    EXPECT_EQ(narrow.sink.cycles[beat] - narrow.sink.cycles[beat - 1], 4);
  }
}

TEST_P(OperandFetcherLatencyTest, GatheredColumnsAreReadEachInOneRequestAndLeaveAsTheyCome) {
  OperandFetcherBench bench("bench", Side::kLhs,
                            gathering(weight_stationary(4, kCols), GetParam()));
  bench.add({9, 10, 8}, true);
  bench.reset();
  const Cycles first = 3 + GetParam();
  bench.run_through(first - 1);
  EXPECT_THAT(bench.sink.cycles, IsEmpty());
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected());
  EXPECT_EQ(bench.sink.cycles, from(first, 3 * 9)) << "a column a cycle, no block to wait for";
  EXPECT_EQ(bench.tokens.cycle_of(0), first - 1 + 3 * 9 - 1);
  ASSERT_EQ(bench.memory.accesses.size(), 3U * 9);
  for (std::size_t i = 0; i < 27; ++i) {
    const auto& access = bench.memory.accesses[i];
    const auto fold = static_cast<Bytes>(i / 9);
    EXPECT_EQ(access.address, fold * 4 * kPitch + static_cast<Bytes>(i % 9) * 2);
    EXPECT_EQ(access.size, fold == 2 ? 2 * 2 : 4 * 2);
    EXPECT_EQ(access.stride, kPitch);
  }
}

TEST(OperandFetcherTest, OnlyALhsWhoseColumnsAreBeatsIsGathered) {
  OperandFetcherBench straight("straight", Side::kLhs, gathering(weight_stationary(4, kCols), 1));
  OperandFetcherBench rhs("rhs", Side::kRhs, gathering(weight_stationary(4, kCols), 1));
  OperandFetcherBench sums("sums", Side::kLhs, gathering(output_stationary(4, 5), 1));
  straight.add({5, 4, 3}, false);
  straight.add({5, 4, 3}, true);
  straight.add({5, 4, 3}, false);
  rhs.add({5, 4, 3}, true);
  sums.add({4, 6, 5}, false);  // goes through the buffer, but lies by rows
  for (OperandFetcherBench* bench : {&straight, &rhs, &sums}) {
    bench->reset();
  }
  sums.run_through(100);
  for (const OperandFetcherBench* bench : {&straight, &rhs, &sums}) {
    EXPECT_EQ(bench->came(), bench->expected());
    for (const auto& access : bench->memory.accesses) {
      EXPECT_EQ(access.stride,
                bench == &straight && access.address >= 5 * kPitch && access.address < 9 * kPitch
                    ? kPitch
                    : 0);
    }
  }
}

/// A fetcher that gathers, at a scratchpad of four banks of sixteen bytes.
struct GatherBench : Bench {
  config::Accelerator config = of_four_banks();
  std::vector<model::Tensor> tensors{1};
  hw::Scratchpad pad{"pad", config.scratchpad, tensors, clock};
  hw::OperandFetcher fetcher{"fetcher", Side::kLhs, config, clock};
  TokenLog tokens{clock};
  Commands commands;
  hw::Stream<hw::CommandBeat> queue{"queue", clock};
  hw::Stream<hw::OperandRows> rows{"rows", clock};
  Source<hw::CommandBeat> source{"source", clock};
  Sink<hw::OperandRows> sink{"sink", clock};

  explicit GatherBench(const sc_core::sc_module_name& name) : Bench(name) {
    source.out.bind(queue);
    fetcher.commands_in.bind(queue);
    fetcher.rows_out.bind(rows);
    sink.in.bind(rows);
    fetcher.memory[0].bind(pad.add_port("fetcher", hw::Scratchpad::Writes::kNone));
    fetcher.tokens_out.bind(tokens);
  }
  void clear_streams() override {
    queue.clear();
    rows.clear();
    tokens.cycles.clear();
  }

 private:
  static config::Accelerator of_four_banks() {
    auto config = gathering(weight_stationary(4, kCols), 1);
    config.scratchpad.size_kib = 1;
    config.scratchpad.banks = 4;
    config.scratchpad.bank_width_bytes = 16;
    return config;
  }
};

TEST(OperandFetcherTest, AGatheredColumnTakesTheCyclesOfItsBusiestBank) {
  std::deque<GatherBench> benches;
  // Four tokens in one bank, in two, in banks of their own, and two in a word.
  const std::vector<std::pair<Bytes, Cycles>> pitches{{64, 4}, {32, 2}, {80, 1}, {12, 1}};
  for (const auto& [pitch, cycles] : pitches) {
    auto& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"));
    mapping::MatmulTile tile;
    tile.shape = {6, 4, 3};
    tile.lhs = operand_at(0, 4, 6, 2, pitch);
    tile.lhs_transposed = true;
    tile.lhs_read = 1;
    bench.source.beats.push_back(bench.commands.add(tile));
  }
  reset_all(benches);
  const std::vector<std::byte> content(1024);
  for (GatherBench& bench : benches) {
    bench.pad.host_write({.address = 0, .rows = 1, .row_bytes = 1024, .pitch = 1024}, content);
  }
  benches.back().run_through(100);
  for (std::size_t i = 0; i < pitches.size(); ++i) {
    SCOPED_TRACE(testing::Message() << "pitch " << pitches[i].first);
    const Cycles step = pitches[i].second;
    std::vector<Cycles> expected;
    for (Cycles column = 0; column < 6; ++column) {
      expected.push_back(3 + (column + 1) * step);  // asked for in 1; the stream takes a cycle
    }
    EXPECT_EQ(benches[i].sink.cycles, expected);
  }
}

struct SharingBench : OperandFetcherBench {
  hw::Stream<hw::OperandRows> shared{"shared", clock};
  Sink<hw::OperandRows> sa_diag{"sa_diag", clock};

  SharingBench(const sc_core::sc_module_name& name, const config::Accelerator& config_in)
      : OperandFetcherBench(name, Side::kLhs, config_in) {
    fetcher.shared_out.bind(shared);
    sa_diag.in.bind(shared);
  }
  void clear_streams() override {
    OperandFetcherBench::clear_streams();
    shared.clear();
  }
};

TEST(OperandFetcherTest, SaDiagGetsTheBeatsOfProductsThatSaySoInTheSameCycle) {
  SharingBench bench("bench", machine(weight_stationary(4, kCols), 1));
  bench.add({5, 4, 3}, false, false);
  bench.add({6, 7, 3}, false, true);
  bench.add({5, 4, 3}, false, false);
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected());
  const auto all = bench.expected();
  EXPECT_EQ(beats_of(bench.sa_diag.beats), std::vector<Beat>(all.begin() + 5, all.begin() + 17));
  EXPECT_EQ(bench.sink.cycles, from(4, 22));
  EXPECT_EQ(bench.sa_diag.cycles, from(4 + 5, 12));
}

TEST(OperandFetcherTest, ASharedBeatWaitsUntilArrayAndSaDiagHaveRoom) {
  SharingBench array_waits("array_waits", machine(weight_stationary(4, kCols), 1));
  SharingBench diag_waits("diag_waits", machine(weight_stationary(4, kCols), 1));
  array_waits.add({10, 4, 3}, false, true);
  diag_waits.add({10, 4, 3}, false, true);
  const auto late = [](Cycles cycle) { return cycle >= 50; };
  array_waits.sink.takes = late;
  diag_waits.sa_diag.takes = late;
  array_waits.reset();
  diag_waits.reset();
  array_waits.run_through(49);
  EXPECT_EQ(array_waits.sa_diag.beats.size(), 2U) << "as many as the array's stream has room for";
  EXPECT_EQ(diag_waits.sink.beats.size(), 2U);
  array_waits.run_through(200);
  EXPECT_EQ(array_waits.sink.cycles, from(50, 10));
  EXPECT_EQ(diag_waits.sa_diag.cycles, from(50, 10));
  for (const SharingBench* bench : {&array_waits, &diag_waits}) {
    EXPECT_EQ(bench->came(), bench->expected());
    EXPECT_EQ(beats_of(bench->sa_diag.beats), bench->expected());
  }
}

TEST(OperandFetcherTest, StallsOfArrayAndSaDiagChangeNoBeatOfEither) {
  std::deque<SharingBench> benches;
  benches.emplace_back("turning", machine(weight_stationary(4, kCols), 2));
  benches.emplace_back("gathering", gathering(weight_stationary(4, kCols), 2));
  for (SharingBench& bench : benches) {
    for (int i = 0; i < 8; ++i) {
      bench.add({3 + i, 2 + 3 * i % 11, 3}, i % 2 == 0, true);
    }
    bench.sink.takes = at_random(1, 60);
    bench.sa_diag.takes = at_random(2, 60);
    bench.memory.grants = at_random(3, 60);
    bench.source.offers = at_random(4, 20);
  }
  reset_all(benches);
  benches.back().run_through(43);
  std::vector<std::vector<Cycles>> cycles;
  for (const bool reverse : {false, true}) {
    for (SharingBench& bench : benches) {
      bench.clock.set_reverse_order(reverse);
      bench.reset();
    }
    benches.back().run_through(3000);
    for (std::size_t i = 0; i < benches.size(); ++i) {
      EXPECT_EQ(benches[i].came(), benches[i].expected());
      EXPECT_EQ(beats_of(benches[i].sa_diag.beats), benches[i].expected());
      EXPECT_EQ(benches[i].tokens.cycles.size(), 8U);
      if (reverse) {
        EXPECT_EQ(benches[i].sa_diag.cycles, cycles[i]);
      } else {
        cycles.push_back(benches[i].sa_diag.cycles);
      }
    }
  }
}

// --- anything, with stalls ---

TEST_P(OperandFetcherLatencyTest, StallsOfMemoryAndArrayChangeNoBeatOnAnyArray) {
  std::deque<OperandFetcherBench> benches;
  const std::vector<config::PeArray> arrays{weight_stationary(4, kCols),
                                            loading(2, weight_stationary(7, kCols)),
                                            loading(3, weight_stationary(5, kCols)),
                                            loading(8, weight_stationary(3, kCols)),
                                            input_stationary(4, kCols),
                                            loading(2, input_stationary(7, kCols)),
                                            loading(3, input_stationary(5, kCols)),
                                            output_stationary(4, 9),
                                            output_stationary(9, 9),
                                            row_wise(4, 3, 2),
                                            row_wise(5, 1, 1),
                                            loading(3, row_wise(7, 2, 3)),
                                            loading(2, row_wise(1, 4, 4)),
                                            output_stationary(1, 16),
                                            input_stationary(1, kCols)};
  for (const config::PeArray& array : arrays) {
    for (const Side side : {Side::kLhs, Side::kRhs}) {
      auto& bench =
          benches.emplace_back(sc_core::sc_gen_unique_name("bench"), side, array, GetParam());
      bench.add({8, 9, 9}, true);
      bench.add({9, 17, 5}, false);
      bench.add({3, 1, 3}, true);
      bench.add({2, 5, 1}, false);
      bench.add({1, 20, 9}, false);
      const auto seed = 10 * benches.size();
      bench.memory.grants = at_random(seed, 60);
      bench.sink.takes = at_random(seed + 1, 60);
      bench.source.offers = at_random(seed + 2, 20);
    }
  }
  std::vector<std::vector<Cycles>> cycles;
  for (const bool reverse : {false, true}) {
    for (auto& bench : benches) {
      bench.clock.set_reverse_order(reverse);
      bench.reset();
    }
    benches.back().run_through(5000);
    for (std::size_t i = 0; i < benches.size(); ++i) {
      SCOPED_TRACE(testing::Message() << "array " << i / 2 << ", side " << i % 2);
      EXPECT_EQ(benches[i].came(), benches[i].expected());
      EXPECT_EQ(benches[i].tokens.cycles.size(), 5U);
      if (reverse) {
        EXPECT_EQ(benches[i].sink.cycles, cycles[i]);
      } else {
        cycles.push_back(benches[i].sink.cycles);
      }
    }
  }
}

TEST(OperandFetcherTest, AResetInTheMiddleOfARunLeavesNothingBehind) {
  std::deque<OperandFetcherBench> benches;
  for (const config::PeArray& array :
       {loading(3, weight_stationary(5, kCols)), input_stationary(4, kCols),
        output_stationary(4, 3), row_wise(3, 2, 2)}) {
    for (const Side side : {Side::kLhs, Side::kRhs}) {
      auto& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"), side, array, 2);
      bench.add({3, 9, 3}, true);
      bench.add({3, 9, 3}, false);
    }
  }
  for (const Cycles cycle : {7, 11, 16, 500}) {
    reset_all(benches);
    benches.back().run_through(cycle);
  }
  for (const auto& bench : benches) {
    EXPECT_EQ(bench.came(), bench.expected());
    EXPECT_EQ(bench.tokens.cycles.size(), 2U);
  }
}

TEST(OperandFetcherTest, SaysWhatItHoldsForTheReportOnADeadlock) {
  OperandFetcherBench bench("bench", Side::kLhs, weight_stationary(4, kCols), 1);
  bench.add({50, 4, 8});
  bench.sink.takes = [](Cycles /*cycle*/) { return false; };
  bench.reset();
  bench.run_through(60);
  EXPECT_EQ(bench.fetcher.status(), "1 blocks, 6 rows asked for");
}

}  // namespace
}  // namespace vitsim::test
