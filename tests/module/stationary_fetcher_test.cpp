// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/stationary_fetcher.h"

#include <algorithm>
#include <deque>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/bench.h"
#include "support/commands.h"
#include "support/memory_mocks.h"
#include "support/stream_mocks.h"
#include "support/token_log.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Bytes kPitch = 256;

config::Accelerator machine(int rows, int read_latency_cycles) {
  config::Accelerator config;
  config.pe_array.rows = rows;
  config.scratchpad.read_latency_cycles = read_latency_cycles;
  return config;
}

struct StationaryFetcherBench : Bench {
  config::Accelerator config;
  hw::StationaryFetcher fetcher{"fetcher", config, clock};
  FakeMemory memory{"memory", 1 << 16, config.scratchpad.read_latency_cycles, clock};
  TokenLog tokens{clock};
  Commands commands;
  hw::Stream<hw::CommandBeat> queue{"queue", clock};
  hw::Stream<hw::OperandRow> rows{"rows", clock};
  Source<hw::CommandBeat> source{"source", clock};
  Sink<hw::OperandRow> sink{"sink", clock};
  std::vector<std::vector<std::int16_t>> expected;

  StationaryFetcherBench(const sc_core::sc_module_name& name, int array_rows,
                         int read_latency_cycles)
      : Bench(name), config(machine(array_rows, read_latency_cycles)) {
    source.out.bind(queue);
    fetcher.commands_in.bind(queue);
    fetcher.rows_out.bind(rows);
    sink.in.bind(rows);
    fetcher.memory.bind(memory.add_port());
    fetcher.tokens_out.bind(tokens);
  }
  void clear_streams() override {
    queue.clear();
    rows.clear();
    tokens.cycles.clear();
  }

  /// A command with a stationary operand of [k x n], which lies as [n x k] where `transposed`.
  void add(Bytes address, std::int64_t k, std::int64_t n, bool transposed, mapping::Token read) {
    const std::int64_t lying_rows = transposed ? n : k;
    const std::int64_t lying_cols = transposed ? k : n;
    const IntMatrix lying =
        random_matrix(static_cast<std::uint64_t>(address), lying_rows, lying_cols, 8);
    mapping::MatmulTile tile;
    tile.shape = {5, k, n};
    tile.rhs = operand_at(address, lying_rows, lying_cols, 1, kPitch);
    tile.rhs_transposed = transposed;
    tile.rhs_read = read;
    for (std::int64_t row = 0; row < lying_rows; ++row) {
      memory.put(address + row * kPitch, {lying.row(row).begin(), lying.row(row).end()}, 1);
    }
    source.beats.push_back(commands.add(tile));
    const std::int64_t step = config.pe_array.rows;
    for (std::int64_t fold = 0; fold < k; fold += step) {
      for (std::int64_t pe_row = step - 1; pe_row >= 0; --pe_row) {
        auto& row = expected.emplace_back(static_cast<std::size_t>(n));
        for (std::int64_t col = 0; col < n && fold + pe_row < k; ++col) {
          row[static_cast<std::size_t>(col)] =
              transposed ? lying(col, fold + pe_row) : lying(fold + pe_row, col);
        }
      }
    }
  }
  [[nodiscard]] std::vector<std::vector<std::int16_t>> came() const {
    std::vector<std::vector<std::int16_t>> values;
    for (const auto& beat : sink.beats) {
      values.push_back(beat.values);
    }
    return values;
  }
};

TEST(StationaryFetcherTest, GivesTheLastRowOfPesFirstAndZerosBeyondKWhichItDoesNotRead) {
  StationaryFetcherBench bench("bench", 4, 1);
  bench.add(0, 6, 3, false, 1);
  bench.reset();
  bench.run_through(50);
  EXPECT_EQ(bench.came(), bench.expected);
  std::vector<Bytes> addresses;
  for (const auto& access : bench.memory.accesses) {
    addresses.push_back(access.address / kPitch);
  }
  EXPECT_THAT(addresses, ElementsAre(3, 2, 1, 0, 5, 4));
}

TEST(StationaryFetcherTest, TransposesAnOperandThatLiesTheOtherWayRound) {
  StationaryFetcherBench bench("bench", 4, 1);
  bench.add(0, 10, 3, true, 1);
  bench.reset();
  bench.run_through(80);
  EXPECT_EQ(bench.came(), bench.expected);
  ASSERT_EQ(bench.memory.accesses.size(), 9U);
  EXPECT_EQ(bench.memory.accesses[8].size, 2) << "of the last fold only what is left of K";
}

class StationaryFetcherLatencyTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Cycles, StationaryFetcherLatencyTest, testing::Values(1, 2, 9));

TEST_P(StationaryFetcherLatencyTest, AStraightOperandGivesABeatACycleAcrossFoldsAndCommands) {
  StationaryFetcherBench bench("bench", 4, GetParam());
  bench.add(0, 8, 3, false, 1);
  bench.add(8192, 4, 2, false, 2);
  bench.reset();
  const Cycles first = 3 + GetParam();
  bench.run_through(first - 1);
  EXPECT_THAT(bench.sink.cycles, IsEmpty());
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected);
  for (std::size_t i = 0; i < bench.sink.cycles.size(); ++i) {
    EXPECT_EQ(bench.sink.cycles[i], first + static_cast<Cycles>(i));
  }
  EXPECT_EQ(bench.tokens.cycle_of(1), first - 1 + 7);
  EXPECT_EQ(bench.tokens.cycle_of(2), first - 1 + 11);
}

TEST_P(StationaryFetcherLatencyTest, ATransposedTilesFirstBeatLeavesTheCycleAfterItsLastRowCame) {
  StationaryFetcherBench bench("bench", 4, GetParam());
  bench.add(0, 4, 6, true, 1);
  bench.reset();
  const Cycles last_row_came = 1 + 5 + 1 + GetParam();
  bench.run_through(last_row_came - 1);
  EXPECT_FALSE(bench.tokens.has(1));
  bench.run_through(last_row_came + 1);
  EXPECT_EQ(bench.tokens.cycle_of(1), last_row_came);
  EXPECT_THAT(bench.sink.cycles, IsEmpty());
  bench.run_through(last_row_came + 2);
  EXPECT_THAT(bench.sink.cycles, ElementsAre(last_row_came + 2));
}

TEST(StationaryFetcherTest, TransposedFoldsFollowEachOtherEveryMaxOfNAndRowsInTheSteadyState) {
  std::deque<StationaryFetcherBench> benches;
  const std::vector<std::tuple<int, int, int>> shapes{
      {4, 4, 1}, {4, 4, 9}, {4, 9, 1},   {4, 3, 1},   {8, 2, 2},
      {1, 5, 1}, {5, 1, 3}, {16, 16, 3}, {16, 15, 1}, {15, 16, 2}};
  for (const auto& [rows, n, latency] : shapes) {
    auto& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"), rows, latency);
    bench.add(0, rows * 10, n, true, 1);
  }
  for (auto& bench : benches) {
    bench.reset();
  }
  benches.back().run_through(500);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const auto [rows, n, latency] = shapes[i];
    SCOPED_TRACE(testing::Message() << rows << " rows, n " << n << ", latency " << latency);
    ASSERT_EQ(benches[i].came(), benches[i].expected);
    for (std::size_t fold = 1; fold < 10; ++fold) {
      const auto first = fold * static_cast<std::size_t>(rows);
      EXPECT_EQ(benches[i].sink.cycles[first] -
                    benches[i].sink.cycles[first - static_cast<std::size_t>(rows)],
                std::max(n, rows));
    }
  }
}

TEST(StationaryFetcherTest, TakesAStraightOperandRightAfterATransposedOne) {
  StationaryFetcherBench bench("bench", 4, 2);
  bench.add(0, 12, 5, true, 1);
  bench.add(8192, 6, 3, false, 2);
  bench.add(16384, 7, 4, true, 3);
  bench.reset();
  bench.run_through(200);
  EXPECT_EQ(bench.came(), bench.expected);
  EXPECT_EQ(bench.tokens.cycles.size(), 3U);
}

TEST(StationaryFetcherTest, WhileTheArrayTakesNothingItAsksForNoMoreThanItsBuffersHold) {
  StationaryFetcherBench bench("bench", 4, 3);
  bench.add(0, 4 * 30, 5, false, 1);
  bench.sink.takes = [](Cycles cycle) { return cycle >= 100; };
  bench.reset();
  bench.run_through(99);
  EXPECT_EQ(bench.memory.accesses.size(),
            static_cast<std::size_t>(hw::operand_buffer_rows(3)) + 2);  // 2 in the stream
  EXPECT_FALSE(bench.tokens.has(1));
  bench.run_through(400);
  EXPECT_EQ(bench.came(), bench.expected);
}

TEST(StationaryFetcherTest, StallsOfMemoryAndArrayChangeNoValue) {
  StationaryFetcherBench bench("bench", 4, 2);
  bench.add(0, 20, 9, true, 1);
  bench.add(8192, 30, 5, false, 2);
  bench.add(16384, 17, 3, true, 3);
  bench.memory.grants = at_random(1, 60);
  bench.sink.takes = at_random(2, 60);
  bench.reset();
  bench.run_through(2000);
  EXPECT_EQ(bench.came(), bench.expected);
  EXPECT_EQ(bench.tokens.cycles.size(), 3U);
  const auto cycles = bench.sink.cycles;
  bench.clock.set_reverse_order(true);
  bench.reset();
  bench.run_through(2000);
  EXPECT_EQ(bench.sink.cycles, cycles);
}

}  // namespace
}  // namespace vitsim::test
