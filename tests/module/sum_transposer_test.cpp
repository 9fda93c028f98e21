// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/sum_transposer.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/bench.h"
#include "support/commands.h"
#include "support/stream_mocks.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

config::Accelerator machine(config::ArrayKind kind) {
  config::Accelerator config;
  config.pe_array.kind = kind;
  config.pe_array.dataflow = config::Dataflow::kInputStationary;
  config.pe_array.cols = 8;
  config.pe_array.rows = kind == config::ArrayKind::kRowWise ? 8 : 3;
  config.accumulator_buffer.rows = 16;
  return config;
}

struct SumTransposerBench : Bench {
  config::Accelerator config;
  hw::SumTransposer transposer{"transposer", config, clock};
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
  std::vector<std::vector<std::int64_t>> expected;

  explicit SumTransposerBench(const sc_core::sc_module_name& name,
                              config::ArrayKind kind = config::ArrayKind::kSystolic)
      : Bench(name), config(machine(kind)) {
    command_source.out.bind(queue);
    transposer.commands_in.bind(queue);
    sum_source.out.bind(sums_in);
    transposer.sums_in.bind(sums_in);
    transposer.sums_out.to_post_processor.bind(sums_out);
    sink.in.bind(sums_out);
    transposer.sums_out.to_adder_array.bind(products);
    adder_array.in.bind(products);
    transposer.sums_out.to_dividers.bind(divisors);
    dividers.in.bind(divisors);
  }
  void clear_streams() override {
    queue.clear();
    sums_in.clear();
    sums_out.clear();
    products.clear();
    divisors.clear();
  }
  /// A tile whose sums are 100 m + n and, from tile to tile, 10000 more.
  void add(std::int64_t m, std::int64_t n, bool last = true,
           mapping::SumSink to = mapping::SumSink::kPostProcessor) {
    mapping::MatmulTile tile;
    tile.sink = to;
    tile.shape = {m, 4, n};
    tile.last = last;
    const auto base = static_cast<std::int64_t>(10000 * command_source.beats.size());
    command_source.beats.push_back(commands.add(tile));
    for (std::int64_t col = 0; col < n && last; ++col) {
      auto& beat = sum_source.beats.emplace_back();
      for (std::int64_t row = 0; row < m; ++row) {
        beat.sums.push_back(base + 100 * row + col);
      }
    }
    for (std::int64_t row = 0; row < m && last; ++row) {
      auto& values = expected.emplace_back();
      for (std::int64_t col = 0; col < n; ++col) {
        values.push_back(base + 100 * row + col);
      }
    }
  }
  [[nodiscard]] std::vector<std::vector<std::int64_t>> came() const {
    std::vector<std::vector<std::int64_t>> values;
    for (const auto& beat : sink.beats) {
      EXPECT_EQ(beat.rows, 1);
      values.push_back(beat.sums);
    }
    return values;
  }
};

std::vector<Cycles> from(Cycles first, Cycles count) {
  std::vector<Cycles> cycles;
  for (Cycles i = 0; i < count; ++i) {
    cycles.push_back(first + i);
  }
  return cycles;
}

TEST(SumTransposerTest, GivesATilesRowsFromTheCycleAfterItsLastColumnCame) {
  SumTransposerBench bench("bench");
  bench.add(3, 5);
  bench.reset();
  constexpr Cycles kTaken = 5 + 1 + 1;  // columns in 1 to 5; the first row leaves in 6
  bench.run_through(kTaken - 1);
  EXPECT_THAT(bench.came(), IsEmpty());
  bench.run_through(kTaken);
  EXPECT_EQ(bench.sink.beats.size(), 1U);
  bench.run_through(50);
  EXPECT_EQ(bench.sink.cycles, from(kTaken, 3));
  EXPECT_EQ(bench.came(), bench.expected);
}

TEST(SumTransposerTest, TurnsTilesOfAnyShapeAndOfARowWiseArray) {
  SumTransposerBench systolic("systolic");
  SumTransposerBench by_rows("by_rows", config::ArrayKind::kRowWise);
  for (SumTransposerBench* bench : {&systolic, &by_rows}) {
    for (const auto& [m, n] : {std::pair{1, 1}, {8, 16}, {1, 16}, {8, 1}, {7, 3}, {3, 7}, {2, 2}}) {
      bench->add(m, n);
    }
    bench->reset();
  }
  systolic.run_through(200);
  EXPECT_EQ(systolic.came(), systolic.expected);
  EXPECT_EQ(by_rows.came(), by_rows.expected);
}

TEST(SumTransposerTest, FillsOneBufferWhileTheOtherEmpties) {
  SumTransposerBench bench("bench");
  for (int tile = 0; tile < 6; ++tile) {
    bench.add(8, 8);
  }
  bench.reset();
  bench.run_through(200);
  EXPECT_EQ(bench.came(), bench.expected);
  EXPECT_EQ(bench.sink.cycles, from(8 + 2, 6 * 8)) << "a row each cycle";
}

TEST(SumTransposerTest, TilesWithMoreColumnsThanRowsFollowEachOtherEveryNCycles) {
  SumTransposerBench bench("bench");
  for (int tile = 0; tile < 4; ++tile) {
    bench.add(2, 7);
  }
  bench.reset();
  bench.run_through(200);
  EXPECT_EQ(bench.came(), bench.expected);
  EXPECT_THAT(bench.sink.cycles, ElementsAre(9, 10, 16, 17, 23, 24, 30, 31));
}

TEST(SumTransposerTest, StallsWhileBothBuffersAreFull) {
  SumTransposerBench bench("bench");
  for (int tile = 0; tile < 4; ++tile) {
    bench.add(4, 3);
  }
  bench.sink.takes = [](Cycles cycle) { return cycle >= 40; };
  bench.reset();
  bench.run_through(39);
  // Two tiles of three columns, and two columns in the stream before it; the first tile has given
  // two rows to the stream behind it.
  EXPECT_EQ(bench.sum_source.written.size(), 6U + 2U);
  bench.run_through(200);
  EXPECT_EQ(bench.came(), bench.expected);
}

TEST(SumTransposerTest, PassesOverCommandsWhoseSumsAreKept) {
  SumTransposerBench bench("bench");
  bench.add(3, 4, false);
  bench.add(3, 4, false);
  bench.add(2, 6);
  bench.add(3, 4, false);
  bench.add(5, 1);
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.came(), bench.expected);
}

TEST(SumTransposerTest, GivesATilesRowsToTheUnitThatFinishesThem) {
  SumTransposerBench bench("bench");
  bench.add(4, 3, true, mapping::SumSink::kAdderArray);
  bench.add(5, 1, true, mapping::SumSink::kDividers);
  bench.add(2, 6);
  bench.reset();
  bench.run_through(100);
  // Three columns in 1 to 3, one in 4, six in 5 to 10; of the first rows one each in 4 to 7.
  EXPECT_EQ(bench.adder_array.cycles, from(5, 4));
  EXPECT_EQ(bench.dividers.cycles, from(9, 5));
  EXPECT_EQ(bench.sink.cycles, from(14, 2));
  std::vector<std::vector<std::int64_t>> all;
  for (const auto* sink : {&bench.adder_array, &bench.dividers, &bench.sink}) {
    for (const auto& beat : sink->beats) {
      all.push_back(beat.sums);
    }
  }
  EXPECT_EQ(all, bench.expected);
}

TEST(SumTransposerTest, AWayThatIsFullHoldsBackItsTileAndThoseBehindIt) {
  SumTransposerBench bench("bench");
  bench.add(4, 3);
  bench.add(4, 3, true, mapping::SumSink::kAdderArray);
  bench.add(4, 3);
  bench.adder_array.takes = [](Cycles cycle) { return cycle >= 40; };
  bench.reset();
  bench.run_through(39);
  EXPECT_EQ(bench.sink.beats.size(), 4U);
  bench.run_through(100);
  EXPECT_EQ(bench.adder_array.cycles, from(40, 4));
  EXPECT_EQ(bench.sink.cycles.back() - bench.adder_array.cycles.back(), 4);
}

TEST(SumTransposerTest, StallsOnAllSidesChangeNoSum) {
  SumTransposerBench bench("bench");
  for (int tile = 0; tile < 40; ++tile) {
    bench.add(1 + tile % 8, 1 + tile * 5 % 16, tile % 7 != 3);
  }
  bench.command_source.offers = at_random(1, 30);
  bench.sum_source.offers = at_random(2, 70);
  bench.sink.takes = at_random(3, 60);
  bench.reset();
  bench.run_through(100);  // a run that is broken off leaves nothing behind
  bench.reset();
  bench.run_through(3000);
  EXPECT_EQ(bench.came(), bench.expected);
  const auto cycles = bench.sink.cycles;
  bench.clock.set_reverse_order(true);
  bench.reset();
  bench.run_through(3000);
  EXPECT_EQ(bench.came(), bench.expected);
  EXPECT_EQ(bench.sink.cycles, cycles);
}

TEST(SumTransposerTest, SaysWhatItHoldsForTheReportOnADeadlock) {
  SumTransposerBench bench("bench");
  bench.add(3, 5);
  bench.sum_source.offers = [](Cycles cycle) { return cycle < 2; };
  bench.reset();
  bench.run_through(50);
  EXPECT_EQ(bench.transposer.status(), "no tile complete; 2 of 5 columns have come");
}

}  // namespace
}  // namespace vitsim::test
