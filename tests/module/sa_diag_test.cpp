// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/sa_diag.h"

#include <algorithm>
#include <deque>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/rows_bench.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

config::Accelerator machine(int rows, int cols, int latency_cycles, int read_latency_cycles) {
  config::Accelerator config;
  config.pe_array.rows = rows;
  config.pe_array.cols = cols;
  config.scratchpad.read_latency_cycles = read_latency_cycles;
  config.accumulator_buffer.rows = 64;
  config.taylor_pipeline.emplace().sa_diag.latency_cycles = latency_cycles;
  return config;
}

struct SaDiagBench : Bench {
  config::Accelerator config;
  hw::SaDiag unit{"unit", config, 1, clock};
  FakeMemory memory{"memory", 1 << 16, config.scratchpad.read_latency_cycles, clock};
  TokenLog tokens{clock};
  Commands commands;
  hw::Stream<hw::CommandBeat> queue{"queue", clock};
  hw::Stream<hw::OperandRows> queries{"queries", clock};
  hw::Stream<hw::SumRows> divisors{"divisors", clock, 4};
  Source<hw::CommandBeat> source{"source", clock};
  Source<hw::OperandRows> query_source{"query_source", clock};
  Sink<hw::SumRows> sink{"sink", clock};
  std::vector<std::int64_t> expected;

  explicit SaDiagBench(const sc_core::sc_module_name& name, int rows = 4, int cols = 3,
                       int latency_cycles = 1, int read_latency_cycles = 1)
      : Bench(name), config(machine(rows, cols, latency_cycles, read_latency_cycles)) {
    source.out.bind(queue);
    unit.commands_in.bind(queue);
    query_source.out.bind(queries);
    unit.queries_in.bind(queries);
    unit.divisors_out.bind(divisors);
    sink.in.bind(divisors);
    unit.read_port.bind(memory.add_port());
    unit.tokens_out.bind(tokens);
  }
  void clear_streams() override {
    queue.clear();
    queries.clear();
    divisors.clear();
    tokens.cycles.clear();
  }

  /// m rows of Q [m x k] past k_hat_sum, cut into tiles of K of these sizes: a command each.
  void add(std::int64_t m, const std::vector<std::int64_t>& depths, mapping::Token done) {
    std::vector<std::int64_t> sums(static_cast<std::size_t>(m));
    const auto height = std::int64_t{config.pe_array.rows};
    for (std::size_t part = 0; part < depths.size(); ++part) {
      const std::int64_t k = depths[part];
      const IntMatrix q = random_matrix(seed_++, m, k, 8);
      const IntMatrix vector = random_matrix(seed_++, 1, k, 16);
      mapping::DiagTile tile;
      tile.m = m;
      tile.k = k;
      tile.first = part == 0;
      tile.last = part + 1 == depths.size();
      tile.k_hat_sum = operand_at(next_address_, 1, k, 2);
      memory.put(next_address_, vector.elements(), 2);
      next_address_ += 2 * k;
      source.beats.push_back(commands.add(tile, done + static_cast<mapping::Token>(part)));
      for (std::int64_t first = 0; first < k; first += height) {
        for (std::int64_t row = 0; row < m; ++row) {
          auto& beat = query_source.beats.emplace_back();
          for (std::int64_t i = first; i < std::min(first + height, k); ++i) {
            beat.values.push_back(q(row, i));
            sums[static_cast<std::size_t>(row)] += std::int64_t{q(row, i)} * vector(0, i);
          }
        }
      }
    }
    expected.insert(expected.end(), sums.begin(), sums.end());
  }
  [[nodiscard]] std::vector<std::int64_t> came() const {
    std::vector<std::int64_t> values;
    for (const auto& beat : sink.beats) {
      EXPECT_EQ(beat.sums.size(), 1U);
      EXPECT_EQ(beat.rows, 1);
      values.push_back(beat.sums.front());
    }
    return values;
  }
  /// When the first row of Q may pass: the vector is asked for in 1, granted, there, shifted down.
  [[nodiscard]] Cycles first_row() const {
    return 2 + config.scratchpad.read_latency_cycles + config.pe_array.rows;
  }
  /// From a row of Q to when the sink has its divisor.
  [[nodiscard]] Cycles to_sink() const {
    return config.pe_array.rows + config.pe_array.cols - 1 +
           config.taylor_pipeline->sa_diag.latency_cycles + 1;
  }

 private:
  std::uint64_t seed_ = 1;
  Bytes next_address_ = 0;
};

TEST(SaDiagTest, ADivisorLeavesWhenItsRowHasPassedTheArrayAndNotACycleEarlier) {
  std::deque<SaDiagBench> benches;
  benches.emplace_back("small");
  benches.emplace_back("high", 9, 2, 5, 3);
  benches.emplace_back("wide", 1, 20, 2, 1);
  for (SaDiagBench& bench : benches) {
    bench.add(1, {bench.config.pe_array.rows}, 1);
  }
  reset_all(benches);
  for (Cycles cycle = 0; cycle < 60; ++cycle) {
    benches.back().run_through(cycle);
    for (const SaDiagBench& bench : benches) {
      const Cycles due = bench.first_row() + bench.to_sink();
      EXPECT_EQ(bench.sink.beats.size(), cycle < due ? 0U : 1U) << "cycle " << cycle;
    }
  }
  for (const SaDiagBench& bench : benches) {
    EXPECT_EQ(bench.came(), bench.expected);
    EXPECT_EQ(bench.tokens.cycle_of(1), bench.first_row()) << "the row has passed";
  }
}

TEST(SaDiagTest, ReadsTheVectorInOneRequestAndShiftsItDownInARowOfPesACycle) {
  SaDiagBench bench("bench", 7, 3, 1, 4);
  bench.add(5, {7}, 1);
  bench.reset();
  bench.run_through(100);
  ASSERT_EQ(bench.memory.accesses.size(), 1U);
  EXPECT_EQ(bench.memory.accesses[0].size, 7 * 2);
  EXPECT_EQ(bench.memory.accesses[0].cycle, 2);
  EXPECT_EQ(bench.sink.cycles, cycles_from(2 + 4 + 7 + (7 + 3 - 1 + 1) + 1, 5)) << "a row a cycle";
  EXPECT_EQ(bench.came(), bench.expected);
  EXPECT_EQ(counter(bench.unit.stats(), "macs"), 35);
  EXPECT_EQ(counter(bench.unit.stats(), "divisors"), 5);
}

TEST(SaDiagTest, TilesFollowEachOtherEveryMaxOfMAndRowsAsVectorsAreReadAhead) {
  std::deque<SaDiagBench> benches;
  for (const std::int64_t m : {1, 2, 7, 8, 9, 30}) {
    auto& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"), 8, 3, 1, 3);
    for (int tile = 0; tile < 5; ++tile) {
      bench.add(m, {8}, tile);
    }
  }
  reset_all(benches);
  benches.back().run_through(400);
  for (const SaDiagBench& bench : benches) {
    const auto m = static_cast<std::int64_t>(bench.expected.size()) / 5;
    SCOPED_TRACE(testing::Message() << "m " << m);
    EXPECT_EQ(bench.came(), bench.expected);
    for (std::int64_t tile = 0; tile < 5; ++tile) {
      EXPECT_EQ(bench.sink.cycles[static_cast<std::size_t>(tile * m)],
                bench.first_row() + bench.to_sink() + tile * std::max<std::int64_t>(m, 8));
    }
  }
}

TEST(SaDiagTest, FoldsOfATileFollowEachOtherEveryMaxOfMAndRowsAndOnlyTheLastGivesDivisors) {
  std::deque<SaDiagBench> benches;
  for (const std::int64_t m : {1, 4, 5, 12}) {
    benches.emplace_back(sc_core::sc_gen_unique_name("bench"), 5, 3, 2).add(m, {18}, 1);
  }
  reset_all(benches);
  benches.back().run_through(200);
  for (const SaDiagBench& bench : benches) {
    const auto m = static_cast<std::int64_t>(bench.expected.size());
    EXPECT_EQ(bench.came(), bench.expected);
    const Cycles last_fold = bench.first_row() + 3 * std::max<std::int64_t>(m, 5);
    EXPECT_EQ(bench.sink.cycles, cycles_from(last_fold + bench.to_sink(), m));
    EXPECT_EQ(bench.tokens.cycle_of(1), last_fold + m - 1);
  }
}

TEST(SaDiagTest, SeveralTilesOfKMakeOneDivisorARow) {
  SaDiagBench bench("bench");
  bench.add(6, {8, 4, 3}, 1);
  bench.add(2, {4}, 10);
  bench.add(3, {1, 9}, 20);
  bench.reset();
  bench.run_through(300);
  EXPECT_EQ(bench.came(), bench.expected);
  for (const mapping::Token token : {2, 3, 10, 20, 21}) {
    EXPECT_TRUE(bench.tokens.has(token));
  }
  // Two folds of the first tile and one of the second, six rows each, without a gap.
  EXPECT_EQ(bench.tokens.cycle_of(1), bench.first_row() + 12 - 1);
  EXPECT_EQ(bench.tokens.cycle_of(2), bench.first_row() + 18 - 1);
}

TEST(SaDiagTest, TheNextVectorLoadsBehindTheFirstRowAndNotBefore) {
  SaDiagBench bench("bench", 8, 3);
  bench.add(2, {8}, 1);
  bench.add(2, {8}, 2);
  // The first row comes long after its vector, and the second later still.
  bench.query_source.offers = [&](Cycles cycle) {
    return cycle >= (bench.query_source.written.empty() ? 49 : 51);
  };
  bench.reset();
  bench.run_through(200);
  EXPECT_EQ(bench.came(), bench.expected);
  EXPECT_EQ(bench.tokens.cycle_of(1), 52);
  EXPECT_EQ(bench.tokens.cycle_of(2), 50 + 8 + 1) << "eight cycles behind the first row";
}

TEST(SaDiagTest, KnowsTheNextTwoCommandsAndReadsTheirVectorsAhead) {
  SaDiagBench bench("bench");
  for (int tile = 0; tile < 4; ++tile) {
    bench.add(3, {4}, tile);
  }
  bench.query_source.offers = [](Cycles cycle) { return cycle >= 60; };
  bench.reset();
  bench.run_through(60);
  EXPECT_EQ(bench.memory.accesses.size(), 3U) << "of this command and the next two";
  bench.run_through(200);
  EXPECT_EQ(bench.memory.accesses.size(), 4U);
  EXPECT_EQ(bench.came(), bench.expected);
}

TEST(SaDiagTest, WaitsForItsVector) {
  SaDiagBench bench("bench");
  bench.add(3, {4}, 1);
  bench.memory.grants = [](Cycles cycle) { return cycle >= 40; };
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.sink.cycles, cycles_from(40 + 1 + 4 + bench.to_sink(), 3));
  EXPECT_EQ(bench.came(), bench.expected);
}

TEST(SaDiagTest, TakesNothingWhileADivisorThatIsDueFindsNoRoom) {
  SaDiagBench bench("bench", 4, 3, 2);
  bench.add(40, {4}, 1);
  bench.sink.takes = [](Cycles cycle) { return cycle >= 100; };
  bench.reset();
  bench.run_through(99);
  EXPECT_THAT(bench.sink.cycles, IsEmpty());
  EXPECT_EQ(counter(bench.unit.stats(), "divisors"), 4) << "as many as the queue has room for";
  // And those that entered until the fifth was due.
  EXPECT_EQ(counter(bench.unit.stats(), "macs"), 4 * (4 + bench.to_sink() - 1));
  bench.run_through(300);
  EXPECT_EQ(bench.came(), bench.expected);
  EXPECT_EQ(bench.sink.cycles, cycles_from(100, 40)) << "rows enter again as divisors leave";
}

TEST(SaDiagTest, EveryCycleFromItsCommandToItsLastRowIsBusyOrStalled) {
  SaDiagBench bench("bench");
  bench.add(20, {9}, 1);
  bench.query_source.offers = at_random(3, 50);
  bench.reset();
  bench.run_through(300);
  bench.unit.activity().account(300);
  const auto total = bench.unit.activity().total();
  EXPECT_EQ(total.busy, 60);
  EXPECT_EQ(total.total(), bench.tokens.cycle_of(1)) << "from cycle 1 on, when the command came";
}

TEST(SaDiagTest, StallsOnAllSidesAndAResetInTheMiddleChangeNoDivisor) {
  SaDiagBench bench("bench", 5, 4, 3, 2);
  for (int i = 0; i < 12; ++i) {
    bench.add(1 + i * 7 % 13,
              i % 3 == 0 ? std::vector<std::int64_t>{5, 7} : std::vector<std::int64_t>{1 + i},
              2 * i);
  }
  bench.source.offers = at_random(1, 30);
  bench.query_source.offers = at_random(2, 70);
  bench.memory.grants = at_random(3, 50);
  bench.sink.takes = at_random(4, 50);
  bench.reset();
  bench.run_through(61);
  std::vector<Cycles> first;
  for (const bool reverse : {false, true}) {
    bench.clock.set_reverse_order(reverse);
    bench.reset();
    bench.run_through(3000);
    EXPECT_EQ(bench.came(), bench.expected);
    if (!reverse) {
      first = bench.sink.cycles;
    }
  }
  EXPECT_EQ(bench.sink.cycles, first);
}

}  // namespace
}  // namespace vitsim::test
