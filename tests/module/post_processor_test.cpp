// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/post_processor.h"

#include <deque>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/kernels/post_process.h"
#include "vitsim/kernels/taylor.h"
#include "vitsim/model/encoding.h"

#include "support/bench.h"
#include "support/commands.h"
#include "support/memory_mocks.h"
#include "support/stream_mocks.h"
#include "support/token_log.h"

namespace vitsim::test {
namespace {

constexpr int kColumns = 8;
constexpr int kAccumulatorBits = 24;
constexpr Bytes kPitch = 32;
constexpr std::size_t kReads = 0;
constexpr std::size_t kWrites = 1;

config::Accelerator machine(int lanes, int latency_cycles, int read_latency_cycles) {
  config::Accelerator config;
  config.post_processor.lanes = lanes;
  config.post_processor.latency_cycles = latency_cycles;
  config.scratchpad.read_latency_cycles = read_latency_cycles;
  return config;
}

/// A matmul without parameters of its own, into 8 bits.
model::Graph graph() {
  model::Graph graph;
  graph.tensors.resize(1);
  graph.tensors[0].bits = 8;
  model::Matmul matmul;
  matmul.uniform = {0, kernels::make_rescale(1.0 / 7)};
  graph.ops.push_back({"product", "product", {0, 0, 0, 64, kColumns}, matmul});
  return graph;
}

struct PostProcessorBench : Bench {
  config::Accelerator config;
  model::Graph network = graph();
  hw::PostProcessor unit{"unit", config, kAccumulatorBits, network, clock};
  FakeMemory memory{"memory", 1 << 18, config.scratchpad.read_latency_cycles, clock};
  TokenLog tokens{clock};
  Commands commands;
  hw::Stream<hw::CommandBeat> queue{"queue", clock};
  hw::Stream<hw::SumRows> sums{"sums", clock};
  Source<hw::CommandBeat> command_source{"command_source", clock};
  Source<hw::SumRows> sum_source{"sum_source", clock};
  Random random{7};
  Bytes next_address = 0;

  struct Expected {
    Bytes address;
    std::vector<std::int16_t> row;
  };
  std::vector<Expected> expected;
  std::int64_t saturated = 0;

  explicit PostProcessorBench(const sc_core::sc_module_name& name, int lanes = kColumns,
                              int latency_cycles = 4, int read_latency_cycles = 1)
      : Bench(name), config(machine(lanes, latency_cycles, read_latency_cycles)) {
    command_source.out.bind(queue);
    unit.commands_in.bind(queue);
    sum_source.out.bind(sums);
    unit.sums_in.bind(sums);
    unit.read_port.bind(memory.add_port());
    unit.write_port.bind(memory.add_port());
    unit.tokens_out.bind(tokens);
  }
  void clear_streams() override {
    queue.clear();
    sums.clear();
    tokens.cycles.clear();
  }

  struct Options {
    bool params = false;
    bool residual = false;
    bool last = true;
    mapping::SumSink sink = mapping::SumSink::kPostProcessor;
    std::int64_t n = kColumns;
  };
  Bytes allocate(Bytes size) {
    const Bytes address = next_address;
    next_address += round_up<Bytes>(size, 64);
    return address;
  }
  /// A command of `m` rows of random sums; what it is to write is expected.
  void add(std::int64_t m, const Options& options, mapping::Token done) {
    mapping::MatmulTile tile;
    tile.shape = {m, 4, options.n};
    tile.last = options.last;
    tile.sink = options.sink;
    if (options.sink == mapping::SumSink::kPostProcessor) {
      tile.out = operand_at(allocate(m * kPitch), m, options.n, 1, kPitch);
    }
    std::vector<kernels::ChannelParams> params{
        std::get<model::Matmul>(network.ops[0].work).uniform};
    if (options.params) {
      params.clear();
      for (std::int64_t i = 0; i < options.n; ++i) {
        params.push_back({static_cast<std::int32_t>(random.integer(-100, 100)),
                          kernels::make_rescale(1.0 / static_cast<double>(2 + i))});
      }
      tile.params = operand_at(allocate(options.n * model::kChannelParamsBytes), 1, options.n,
                               model::kChannelParamsBytes);
      memory.put(tile.params->region.address, model::encode_params(params));
    }
    if (options.residual) {
      tile.residual = operand_at(allocate(m * kPitch), m, options.n, 2, kPitch);
    }
    command_source.beats.push_back(commands.add(tile, done));
    if (!options.last || !tile.out) {
      return;
    }
    for (std::int64_t row = 0; row < m; ++row) {
      std::vector<std::int64_t> values;
      std::vector<std::int16_t> residual;
      for (std::int64_t i = 0; i < options.n; ++i) {
        // Some do not fit the accumulator's 24 bits.
        values.push_back(random.integer(-300, 300) * (random.integer(0, 9) == 0 ? 1 << 16 : 1));
        if (options.residual) {
          residual.push_back(static_cast<std::int16_t>(random.integer(-100, 100)));
        }
      }
      if (options.residual) {
        memory.put(tile.residual->region.address + row * kPitch, residual, 2);
      }
      Expected& result = expected.emplace_back();
      result.address = tile.out->region.address + row * kPitch;
      result.row.resize(static_cast<std::size_t>(options.n));
      saturated +=
          kernels::post_process_row(values, params, residual, result.row, {kAccumulatorBits, 8});
      sum_source.beats.push_back({values});
    }
  }
  void expect_values() const {
    for (const Expected& result : expected) {
      ASSERT_TRUE(memory.all_written(result.address, static_cast<Bytes>(result.row.size())));
      EXPECT_EQ(memory.values(result.address, result.row.size(), 1), result.row);
    }
  }
  /// Cycles in which results were handed to the memory.
  [[nodiscard]] std::vector<Cycles> asked_to_write() const {
    std::vector<Cycles> cycles;
    for (const auto& access : memory.accesses_of(kWrites)) {
      cycles.push_back(access.cycle - 1);
    }
    return cycles;
  }
};

/// When the unit takes the first row where nothing but the row is to be waited for.
constexpr Cycles kFirst = 1;

std::vector<Cycles> every(Cycles step, Cycles first, int count) {
  std::vector<Cycles> cycles;
  for (int i = 0; i < count; ++i) {
    cycles.push_back(first + i * step);
  }
  return cycles;
}

TEST(PostProcessorTest, AResultIsWrittenLatencyAfterItsSumsCameAndNotACycleEarlier) {
  PostProcessorBench bench("bench", kColumns, 6);
  bench.add(1, {}, 3);
  bench.reset();
  bench.run_through(kFirst + 6 + 1);
  EXPECT_EQ(bench.asked_to_write(), every(1, kFirst + 6, 1));
  EXPECT_FALSE(bench.tokens.has(3));
  bench.run_through(kFirst + 6 + 2);
  EXPECT_EQ(bench.tokens.cycle_of(3), kFirst + 6 + 2) << "when the write is confirmed";
  bench.expect_values();
}

TEST(PostProcessorTest, TakesARowACycleWhereTheLanesAreAsManyAsTheColumns) {
  PostProcessorBench bench("bench");
  bench.add(40, {}, 1);
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.asked_to_write(), every(1, kFirst + 4, 40));
  EXPECT_EQ(bench.tokens.cycle_of(1), kFirst + 39 + 4 + 2);
}

TEST(PostProcessorTest, FewerLanesTakeCeilOfNByLanesCyclesARow) {
  std::deque<PostProcessorBench> benches;
  for (const int lanes : {1, 3, 4, 7, 9}) {
    benches.emplace_back(sc_core::sc_gen_unique_name("bench"), lanes).add(10, {}, 1);
  }
  for (auto& bench : benches) {
    bench.reset();
  }
  benches.back().run_through(200);
  for (auto& bench : benches) {
    EXPECT_EQ(bench.asked_to_write(),
              every(ceil_div(kColumns, bench.config.post_processor.lanes), kFirst + 4, 10));
    bench.expect_values();
  }
}

TEST(PostProcessorTest, AddsBiasAndResidualAndRescalesAsTheKernelDoes) {
  PostProcessorBench bench("bench");
  bench.add(9, {.params = true}, 1);
  bench.add(5, {.residual = true}, 2);
  bench.add(12, {.params = true, .residual = true}, 3);
  bench.add(3, {.params = true, .residual = true, .n = 5}, 4);
  bench.add(4, {}, 5);
  bench.reset();
  bench.run_through(500);
  EXPECT_EQ(bench.tokens.cycles.size(), 5U);
  bench.expect_values();
  EXPECT_GT(bench.saturated, 0);
  EXPECT_EQ(bench.unit.saturated_sums(), bench.saturated);
}

TEST(PostProcessorTest, ReadsParametersOnceACommandAndWaitsForThem) {
  PostProcessorBench bench("bench", kColumns, 4, 5);
  bench.add(10, {.params = true}, 1);
  bench.reset();
  bench.run_through(100);
  const auto reads = bench.memory.accesses_of(kReads);
  ASSERT_EQ(reads.size(), 1U);
  EXPECT_EQ(reads[0].cycle, 2);
  EXPECT_EQ(reads[0].size, kColumns * model::kChannelParamsBytes);
  EXPECT_EQ(bench.asked_to_write().front(), 2 + 5 + 4) << "the row enters as the table comes";
}

TEST(PostProcessorTest, ReadsResidualRowsAheadOfTheSumsAsFarAsItsBufferGoes) {
  PostProcessorBench bench("bench", kColumns, 4, 3);
  bench.add(50, {.residual = true}, 1);
  bench.sum_source.offers = [](Cycles cycle) { return cycle >= 60; };
  bench.reset();
  bench.run_through(60);
  EXPECT_EQ(bench.memory.accesses_of(kReads).size(),
            static_cast<std::size_t>(hw::operand_buffer_rows(3)));
  bench.run_through(200);
  EXPECT_EQ(bench.asked_to_write(), every(1, 61 + 4, 50)) << "and keeps up with a row a cycle";
  bench.expect_values();
}

TEST(PostProcessorTest, TheReadsOfTheNextCommandGoOnWhileThisOnesSumsCome) {
  PostProcessorBench bench("bench", kColumns, 4, 9);
  bench.add(30, {.params = true}, 1);
  bench.add(30, {.params = true, .residual = true}, 2);
  bench.reset();
  bench.run_through(200);
  EXPECT_EQ(bench.asked_to_write(), every(1, 2 + 9 + 4, 60));
  bench.expect_values();
}

TEST(PostProcessorTest, PassesOverCommandsWhoseSumsAreKept) {
  PostProcessorBench bench("bench");
  bench.add(5, {.last = false}, 1);
  bench.add(5, {.params = true, .last = false}, 2);
  bench.add(5, {}, 3);
  bench.reset();
  bench.run_through(100);
  EXPECT_FALSE(bench.tokens.has(1));
  EXPECT_FALSE(bench.tokens.has(2));
  EXPECT_TRUE(bench.tokens.has(3));
  EXPECT_TRUE(bench.memory.accesses_of(kReads).empty());
  bench.expect_values();
}

TEST(PostProcessorTest, PassesOverCommandsWhoseSumsAnotherUnitFinishes) {
  PostProcessorBench bench("bench");
  bench.add(5, {.sink = mapping::SumSink::kAdderArray}, 1);
  bench.add(5, {.sink = mapping::SumSink::kDividers}, 2);
  bench.add(5, {}, 3);
  bench.reset();
  bench.run_through(100);
  EXPECT_FALSE(bench.tokens.has(1));
  EXPECT_FALSE(bench.tokens.has(2));
  EXPECT_TRUE(bench.tokens.has(3));
  bench.expect_values();
}

TEST(PostProcessorTest, CountsValuesOfGThatDoNotFitWhereTheOperatorSaysSo) {
  PostProcessorBench counts("counts");
  PostProcessorBench not_counts("not_counts");
  std::get<model::Matmul>(counts.network.ops[0].work).count_clipped = true;
  std::int64_t clipped = 0;
  for (PostProcessorBench* bench : {&counts, &not_counts}) {
    auto& uniform = std::get<model::Matmul>(bench->network.ops[0].work).uniform;
    uniform.rescale = kernels::make_rescale(0.75);
    bench->add(30, {}, 1);
    bench->reset();
  }
  for (const auto& beat : counts.sum_source.beats) {
    clipped += kernels::count_clipped(beat.sums, kernels::make_rescale(0.75), kAccumulatorBits, 8);
  }
  counts.run_through(100);
  EXPECT_GT(clipped, 0);
  EXPECT_EQ(counts.unit.stats().counters()[2].name(), "clipped_g");
  EXPECT_EQ(counts.unit.stats().counters()[2].value(), clipped);
  EXPECT_EQ(not_counts.unit.stats().counters()[2].value(), 0);
  counts.expect_values();
}

TEST(PostProcessorTest, StallsWhileLatencyPlusTwoResultsWaitToBeWritten) {
  PostProcessorBench bench("bench", kColumns, 4);
  bench.add(30, {}, 1);
  bench.memory.grants = [](Cycles cycle) { return cycle % 1000003 >= 50; };
  bench.reset();
  bench.run_through(49);
  // Two rows at the port, latency + 2 that wait, two before the unit.
  EXPECT_EQ(bench.sum_source.written.size(), 2U + 6U + 2U);
  EXPECT_EQ(bench.unit.stats().counters()[0].value(), 2 + 6);
  bench.run_through(200);
  EXPECT_TRUE(bench.tokens.has(1));
  bench.expect_values();
}

TEST(PostProcessorTest, StallsOnAllSidesChangeNoValue) {
  PostProcessorBench bench("bench", 3, 5, 2);
  for (int i = 0; i < 12; ++i) {
    bench.add(1 + i % 5,
              {.params = i % 2 == 0, .residual = i % 3 == 0, .n = i % 4 == 0 ? 5 : kColumns}, i);
  }
  bench.command_source.offers = at_random(1, 40);
  bench.sum_source.offers = at_random(2, 70);
  bench.memory.grants = at_random(3, 60);
  std::vector<Cycles> cycles;
  for (const bool reverse : {false, true}) {
    bench.clock.set_reverse_order(reverse);
    bench.reset();
    bench.run_through(2000);
    EXPECT_EQ(bench.tokens.cycles.size(), 12U);
    bench.expect_values();
    if (!reverse) {
      cycles = bench.asked_to_write();
    }
  }
  EXPECT_EQ(bench.asked_to_write(), cycles);
}

}  // namespace
}  // namespace vitsim::test
