// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/stream_fetcher.h"

#include <algorithm>
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

constexpr Bytes kPitch = 64;

config::Accelerator machine(int rows, int read_latency_cycles) {
  config::Accelerator config;
  config.pe_array.rows = rows;
  config.scratchpad.read_latency_cycles = read_latency_cycles;
  return config;
}

struct StreamFetcherBench : Bench {
  config::Accelerator config;
  hw::StreamFetcher fetcher{"fetcher", config, clock};
  FakeMemory memory{"memory", 1 << 16, config.scratchpad.read_latency_cycles, clock};
  TokenLog tokens{clock};
  Commands commands;
  hw::Stream<hw::CommandBeat> queue{"queue", clock};
  hw::Stream<hw::OperandRow> rows{"rows", clock};
  Source<hw::CommandBeat> source{"source", clock};
  Sink<hw::OperandRow> sink{"sink", clock};
  std::vector<std::vector<std::int16_t>> expected;

  StreamFetcherBench(const sc_core::sc_module_name& name, int array_rows, int read_latency_cycles)
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

  /// A command whose operand lies at `address`; what the array is to get is expected.
  void add(Bytes address, std::int64_t m, std::int64_t k, mapping::Token read) {
    const IntMatrix values = random_matrix(static_cast<std::uint64_t>(address), m, k, 16);
    mapping::MatmulTile tile;
    tile.shape = {m, k, 8};
    tile.lhs = operand_at(address, m, k, 2, kPitch);
    tile.lhs_read = read;
    for (std::int64_t row = 0; row < m; ++row) {
      memory.put(address + row * kPitch, {values.row(row).begin(), values.row(row).end()}, 2);
    }
    source.beats.push_back(commands.add(tile));
    const std::int64_t step = config.pe_array.rows;
    for (std::int64_t fold = 0; fold < k; fold += step) {
      for (std::int64_t row = 0; row < m; ++row) {
        const auto all = values.row(row);
        expected.emplace_back(all.begin() + fold, all.begin() + std::min(fold + step, k));
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

TEST(StreamFetcherTest, GivesTheRowsOfEachFoldInOrder) {
  StreamFetcherBench bench("bench", 4, 1);
  bench.add(0, 3, 10, 1);
  bench.reset();
  bench.run_through(50);
  ASSERT_EQ(bench.came().size(), 9U);
  EXPECT_EQ(bench.came(), bench.expected);
  EXPECT_EQ(bench.came().back().size(), 2U) << "the last fold has what is left of K";
}

class StreamFetcherLatencyTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Cycles, StreamFetcherLatencyTest, testing::Values(1, 2, 9));

TEST_P(StreamFetcherLatencyTest, TheFirstRowLeavesInTheCycleInWhichItsDataCome) {
  StreamFetcherBench bench("bench", 4, GetParam());
  bench.add(0, 3, 4, 1);
  bench.reset();
  const Cycles taken = 1 + 1 + GetParam() + 1;  // asked for, granted, data, a cycle in the stream
  bench.run_through(taken - 1);
  EXPECT_THAT(bench.sink.cycles, IsEmpty());
  bench.run_through(taken);
  EXPECT_THAT(bench.sink.cycles, ElementsAre(taken));
}

TEST_P(StreamFetcherLatencyTest, ARowACycleAcrossFoldsAndCommandsWhateverTheLatency) {
  StreamFetcherBench bench("bench", 4, GetParam());
  bench.add(0, 20, 8, 1);
  bench.add(4096, 1, 4, 2);
  bench.add(8192, 10, 3, 3);
  bench.reset();
  bench.run_through(200);
  EXPECT_EQ(bench.came(), bench.expected);
  const Cycles first = 3 + GetParam();
  for (std::size_t i = 0; i < bench.sink.cycles.size(); ++i) {
    EXPECT_EQ(bench.sink.cycles[i], first + static_cast<Cycles>(i));
  }
  // Set when the last row came: a cycle before the sink sees it.
  EXPECT_EQ(bench.tokens.cycle_of(1), first - 1 + 39);
  EXPECT_EQ(bench.tokens.cycle_of(2), first - 1 + 40);
  EXPECT_EQ(bench.tokens.cycle_of(3), first - 1 + 50);
}

TEST_P(StreamFetcherLatencyTest, WhileTheArrayTakesNothingItAsksForNoMoreThanItsBufferHolds) {
  StreamFetcherBench bench("bench", 4, GetParam());
  bench.add(0, 50, 4, 1);
  bench.sink.takes = [](Cycles cycle) { return cycle >= 60; };
  bench.reset();
  bench.run_through(59);
  EXPECT_EQ(bench.memory.accesses.size(),
            static_cast<std::size_t>(hw::operand_buffer_rows(GetParam())) + 2);  // 2 in the stream
  EXPECT_FALSE(bench.tokens.has(1));
  bench.run_through(200);
  EXPECT_EQ(bench.came(), bench.expected);
  EXPECT_TRUE(bench.tokens.has(1));
}

TEST(StreamFetcherTest, StallsOfMemoryAndArrayChangeNoValue) {
  StreamFetcherBench bench("bench", 4, 2);
  bench.add(0, 20, 9, 1);
  bench.add(8192, 30, 5, 2);
  bench.memory.grants = at_random(1, 60);
  bench.sink.takes = at_random(2, 60);
  bench.reset();
  bench.run_through(1000);
  EXPECT_EQ(bench.came(), bench.expected);
  EXPECT_EQ(bench.tokens.cycles.size(), 2U);
  const auto cycles = bench.sink.cycles;
  bench.clock.set_reverse_order(true);
  bench.reset();
  bench.run_through(1000);
  EXPECT_EQ(bench.sink.cycles, cycles);
}

}  // namespace
}  // namespace vitsim::test
