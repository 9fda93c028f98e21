// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/row_unit.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/hw/gelu_unit.h"
#include "vitsim/hw/layer_norm_unit.h"
#include "vitsim/hw/softmax_unit.h"
#include "vitsim/hw/vector_unit.h"
#include "vitsim/kernels/add.h"
#include "vitsim/kernels/layer_norm.h"
#include "vitsim/model/encoding.h"
#include "vitsim/model/row_kernels.h"
#include "vitsim/timing/units.h"

#include "support/bench.h"
#include "support/commands.h"
#include "support/memory_mocks.h"
#include "support/stream_mocks.h"
#include "support/token_log.h"

namespace vitsim::test {
namespace {

constexpr std::size_t kReads = 0;
constexpr std::size_t kWrites = 1;

/// How one of the units differs from the others, as far as a bench must know: its configuration,
/// its operator, the widths of what it reads and writes, and what a row becomes.
struct Softmax {
  using Config = config::SoftmaxUnit;
  using Module = hw::SoftmaxUnit;
  static constexpr int kInBits = 8;
  static constexpr int kOutBits = 16;
  static constexpr bool kHasSecond = false;
  static constexpr bool kHasParams = false;

  static auto work(const Config& config) {
    return model::Softmax{{}, model::make_softmax(config, 0.05)};
  }
  static void compute(const model::Op& op, std::span<const std::int16_t> in,
                      std::span<const std::int16_t> /*second*/,
                      const std::vector<kernels::LayerNormParams>& /*params*/,
                      std::span<std::int16_t> out) {
    std::get<model::Softmax>(op.work).kernel(in, out);
  }
};

struct Gelu {
  using Config = config::GeluUnit;
  using Module = hw::GeluUnit;
  static constexpr int kInBits = 8;
  static constexpr int kOutBits = 8;
  static constexpr bool kHasSecond = false;
  static constexpr bool kHasParams = false;

  static auto work(const Config& config) {
    return model::Gelu{{}, model::make_gelu(config, 0.05, 0.04, kOutBits)};
  }
  static void compute(const model::Op& op, std::span<const std::int16_t> in,
                      std::span<const std::int16_t> /*second*/,
                      const std::vector<kernels::LayerNormParams>& /*params*/,
                      std::span<std::int16_t> out) {
    std::get<model::Gelu>(op.work).kernel(in, out);
  }
};

struct LayerNorm {
  using Config = config::LayerNormUnit;
  using Module = hw::LayerNormUnit;
  static constexpr int kInBits = 16;
  static constexpr int kOutBits = 8;
  static constexpr bool kHasSecond = false;
  static constexpr bool kHasParams = true;
  static constexpr int kShift = 28;

  static auto work(const Config& /*config*/) { return model::LayerNorm{{}, {}, kShift}; }
  static void compute(const model::Op& /*op*/, std::span<const std::int16_t> in,
                      std::span<const std::int16_t> /*second*/,
                      const std::vector<kernels::LayerNormParams>& params,
                      std::span<std::int16_t> out) {
    kernels::layer_norm_row(in, params, kShift, kOutBits, out);
  }
};

struct Addition {
  using Config = config::VectorUnit;
  using Module = hw::VectorUnit;
  static constexpr int kInBits = 16;
  static constexpr int kOutBits = 16;
  static constexpr bool kHasSecond = true;
  static constexpr bool kHasParams = false;

  static auto work(const Config& /*config*/) { return model::Add{}; }
  static void compute(const model::Op& /*op*/, std::span<const std::int16_t> in,
                      std::span<const std::int16_t> second,
                      const std::vector<kernels::LayerNormParams>& /*params*/,
                      std::span<std::int16_t> out) {
    kernels::add_row(in, second, kOutBits, out);
  }
};

config::Scratchpad scratchpad(int read_latency_cycles) {
  config::Scratchpad config;
  config.read_latency_cycles = read_latency_cycles;
  return config;
}

template <class Kind>
struct RowUnitBench : Bench {
  typename Kind::Config config;
  config::Scratchpad pad_config;
  model::Graph graph;
  typename Kind::Module unit{"unit", config, pad_config, graph, 1, clock};
  FakeMemory memory{"memory", 1 << 20, pad_config.read_latency_cycles, clock};
  TokenLog tokens{clock};
  Commands commands;
  hw::Stream<hw::CommandBeat> queue{"queue", clock};
  Source<hw::CommandBeat> source{"source", clock};
  Bytes next_address = 0;
  std::uint64_t seed = 1;

  struct Expected {
    Bytes address;
    std::vector<std::int16_t> row;
  };
  std::vector<Expected> expected;

  RowUnitBench(const sc_core::sc_module_name& name, const typename Kind::Config& config_in,
               int read_latency_cycles = 1)
      : Bench(name), config(config_in), pad_config(scratchpad(read_latency_cycles)) {
    graph.tensors.resize(1);
    graph.tensors[0].bits = Kind::kOutBits;
    graph.ops.push_back({"op", "op", {0, 0, 0, 1, 1}, Kind::work(config)});
    source.out.bind(queue);
    unit.commands_in.bind(queue);
    unit.read_port.bind(memory.add_port());
    unit.write_port.bind(memory.add_port());
    unit.tokens_out.bind(tokens);
  }
  void clear_streams() override {
    queue.clear();
    tokens.cycles.clear();
  }

  mapping::Operand allocate(std::int64_t rows, std::int64_t cols, int element_bytes) {
    const Bytes pitch = round_up<Bytes>(cols * element_bytes, 16) + 16;
    const auto operand = operand_at(next_address, rows, cols, element_bytes, pitch);
    next_address += rows * pitch;
    return operand;
  }
  IntMatrix fill(const mapping::Operand& operand, int bits) {
    const IntMatrix values = random_matrix(seed++, operand.region.rows, operand.tile.cols, bits);
    for (std::int64_t row = 0; row < operand.region.rows; ++row) {
      memory.put(operand.region.address + row * operand.region.pitch,
                 {values.row(row).begin(), values.row(row).end()}, operand.element_bytes);
    }
    return values;
  }

  void add(std::int64_t rows, std::int64_t cols, mapping::Token done) {
    mapping::RowsTile tile;
    tile.rows = rows;
    tile.cols = cols;
    tile.in = allocate(rows, cols, element_bytes(Kind::kInBits));
    const IntMatrix in = fill(*tile.in, Kind::kInBits);
    IntMatrix second(rows, cols);
    if (Kind::kHasSecond) {
      tile.second = allocate(rows, cols, element_bytes(Kind::kInBits));
      second = fill(*tile.second, Kind::kInBits);
    }
    std::vector<kernels::LayerNormParams> params;
    if (Kind::kHasParams) {
      Random random(seed++);
      for (std::int64_t i = 0; i < cols; ++i) {
        params.push_back({static_cast<std::int32_t>(random.integer(-100, 100)),
                          random.integer(-1000, 1000) << 20});
      }
      tile.tables.push_back(allocate(1, cols, model::kLayerNormParamsBytes));
      memory.put(tile.tables[0].region.address, model::encode_params(params));
    }
    tile.out = allocate(rows, cols, element_bytes(Kind::kOutBits));
    source.beats.push_back(commands.add(tile, done));
    for (std::int64_t row = 0; row < rows; ++row) {
      Expected& result = expected.emplace_back();
      result.address = tile.out->region.address + row * tile.out->region.pitch;
      result.row.resize(static_cast<std::size_t>(cols));
      Kind::compute(graph.ops[0], in.row(row), second.row(row), params, result.row);
    }
  }

  void expect_values() const {
    const int width = element_bytes(Kind::kOutBits);
    for (const Expected& result : expected) {
      ASSERT_TRUE(
          memory.all_written(result.address, static_cast<Bytes>(result.row.size()) * width));
      EXPECT_EQ(memory.values(result.address, result.row.size(), width), result.row);
    }
  }
  /// From the first read of a row to the last write, inclusive.
  [[nodiscard]] Cycles span() const {
    const auto reads = memory.accesses_of(kReads);
    return memory.accesses_of(kWrites).back().cycle - reads[Kind::kHasParams ? 1 : 0].cycle + 1;
  }
};

template <class Kind>
class RowUnitTest : public testing::Test {};
using Kinds = testing::Types<Softmax, Gelu, LayerNorm, Addition>;
TYPED_TEST_SUITE(RowUnitTest, Kinds);

TYPED_TEST(RowUnitTest, GivesTheValuesOfItsKernelWithShortLastGroupsAndSeveralCommands) {
  typename TypeParam::Config config;
  config.lanes = 16;
  RowUnitBench<TypeParam> bench("bench", config);
  bench.add(7, 37, 1);
  bench.add(3, 16, 2);
  bench.add(5, 1, 3);
  bench.reset();
  bench.run_through(2000);
  EXPECT_EQ(bench.tokens.cycles.size(), 3U);
  bench.expect_values();
}

struct Shape {
  std::int64_t rows;
  std::int64_t cols;
  int lanes;
  int initiation_interval;
  int latency_cycles;
  int read_latency_cycles;
};

std::vector<Shape> shapes() {
  return {{1, 1, 1, 1, 1, 1},    {1, 1, 16, 1, 8, 1},    {1, 17, 16, 1, 8, 1},
          {2, 16, 16, 1, 1, 1},  {3, 37, 16, 1, 8, 2},   {50, 16, 16, 1, 24, 1},
          {50, 15, 16, 1, 8, 5}, {40, 33, 16, 1, 30, 1}, {197, 20, 7, 1, 5, 1},
          {9, 64, 8, 2, 8, 1},   {9, 64, 8, 3, 8, 2},    {30, 8, 8, 5, 20, 1},
          {1, 8, 8, 64, 1, 1},   {4, 24, 8, 7, 100, 4},  {100, 3, 1, 1, 64, 9}};
}

TYPED_TEST(RowUnitTest, TakesTheCyclesOfTheClosedFormAndTheScratchpadsLatency) {
  std::deque<RowUnitBench<TypeParam>> benches;
  for (const Shape& shape : shapes()) {
    typename TypeParam::Config config;
    config.lanes = shape.lanes;
    config.initiation_interval = shape.initiation_interval;
    config.latency_cycles = shape.latency_cycles;
    benches.emplace_back(sc_core::sc_gen_unique_name("bench"), config, shape.read_latency_cycles)
        .add(shape.rows, shape.cols, 1);
  }
  for (auto& bench : benches) {
    bench.reset();
  }
  benches.back().run_through(5000);
  for (std::size_t i = 0; i < benches.size(); ++i) {
    const Shape shape = shapes()[i];
    SCOPED_TRACE(testing::Message()
                 << shape.rows << " x " << shape.cols << ", lanes " << shape.lanes << ", interval "
                 << shape.initiation_interval << ", latency " << shape.latency_cycles << ", memory "
                 << shape.read_latency_cycles);
    const Cycles least =
        timing::rows_cycles(shape.rows, shape.cols, timing::row_unit(benches[i].config));
    ASSERT_TRUE(benches[i].tokens.has(1));
    EXPECT_EQ(benches[i].span(), least + shape.read_latency_cycles);
    // The last write is granted a cycle after it was asked for and confirmed one later.
    EXPECT_EQ(benches[i].tokens.cycle_of(1),
              benches[i].memory.accesses_of(kWrites).back().cycle + 1);
  }
}

TYPED_TEST(RowUnitTest, InTheSteadyStateARowLeavesEveryRowInterval) {
  typename TypeParam::Config config;
  config.lanes = 16;
  config.latency_cycles = 24;
  RowUnitBench<TypeParam> bench("bench", config);
  bench.add(60, 40, 1);
  bench.reset();
  bench.run_through(2000);
  const auto writes = bench.memory.accesses_of(kWrites);
  ASSERT_EQ(writes.size(), 180U);
  const Cycles interval = timing::row_interval(40, timing::row_unit(config));
  for (std::size_t row = 1; row < 60; ++row) {
    EXPECT_EQ(writes[3 * row].cycle - writes[3 * row - 3].cycle, interval);
    EXPECT_EQ(writes[3 * row + 1].cycle - writes[3 * row].cycle, 1) << "one group a cycle";
  }
}

TYPED_TEST(RowUnitTest, TheReadsOfTheNextCommandBeginWhenAllRowsOfThisOneAreAskedFor) {
  typename TypeParam::Config config;
  config.lanes = 16;
  RowUnitBench<TypeParam> together("together", config);
  RowUnitBench<TypeParam> apart("apart", config);
  together.add(20, 40, 1);
  apart.add(12, 40, 1);
  apart.add(8, 40, 2);
  together.reset();
  apart.reset();
  apart.run_through(1000);
  apart.expect_values();
  // A table of parameters is one read more.
  EXPECT_EQ(apart.span(), together.span() + (TypeParam::kHasParams ? 1 : 0));
}

TYPED_TEST(RowUnitTest, WhileNothingIsWrittenItAsksForNoMoreThanItHolds) {
  typename TypeParam::Config config;
  config.lanes = 16;
  config.latency_cycles = 4;
  RowUnitBench<TypeParam> bench("bench", config);
  bench.add(60, 40, 1);
  bench.memory.grants = [](Cycles cycle) { return cycle < 1000003 || cycle >= 1000003 + 900; };
  bench.reset();
  bench.run_through(800);
  const auto form = timing::row_unit(config);
  // In the passes, in the pipeline, waiting, and the one whose writes fill the port; reads of two
  // rows were on their way when the room ran out.
  const auto rows = static_cast<std::size_t>(2 * form.passes + 2 + 2 + 2);
  EXPECT_LE(bench.memory.accesses_of(kReads).size(),
            rows * 3 * static_cast<std::size_t>(form.reads) + 1);
  bench.run_through(4000);
  bench.expect_values();
}

TYPED_TEST(RowUnitTest, StallsOfTheMemoryChangeNoValueAndNeverTakeFewerCycles) {
  typename TypeParam::Config config;
  config.lanes = 16;
  RowUnitBench<TypeParam> bench("bench", config, 3);
  bench.add(20, 37, 1);
  bench.add(20, 37, 2);
  bench.memory.grants = at_random(5, 60);
  bench.source.offers = at_random(6, 10);
  std::vector<Cycles> first;
  for (const bool reverse : {false, true}) {
    bench.clock.set_reverse_order(reverse);
    bench.reset();
    bench.run_through(4000);
    bench.expect_values();
    EXPECT_GE(bench.span(), timing::rows_cycles(40, 37, timing::row_unit(config)));
    std::vector<Cycles> cycles;
    for (const auto& access : bench.memory.accesses) {
      cycles.push_back(access.cycle);
    }
    if (!reverse) {
      first = cycles;
    }
    std::sort(cycles.begin(), cycles.end());
    EXPECT_EQ(cycles, first);
  }
}

TYPED_TEST(RowUnitTest, EveryCycleFromItsCommandToItsLastWriteIsBusyOrStalled) {
  typename TypeParam::Config config;
  config.lanes = 16;
  RowUnitBench<TypeParam> bench("bench", config, 3);
  bench.add(10, 37, 1);
  bench.memory.grants = at_random(5, 60);
  bench.reset();
  bench.run_through(1000);
  bench.unit.activity().account(1000);
  const auto total = bench.unit.activity().total();
  Cycles all = total.busy;
  for (const Cycles stall : total.stalls) {
    all += stall;
  }
  EXPECT_EQ(all, bench.tokens.cycle_of(1) - 1) << "from cycle 1 on, when the command came";
}

TEST(LayerNormUnitTest, ReadsItsTableInOneRequestBeforeItsFirstRow) {
  config::LayerNormUnit config;
  config.lanes = 16;
  RowUnitBench<LayerNorm> bench("bench", config);
  bench.add(4, 40, 1);
  bench.reset();
  bench.run_through(500);
  const auto reads = bench.memory.accesses_of(kReads);
  ASSERT_EQ(reads.size(), 1U + 4 * 3);
  EXPECT_EQ(reads[0].size, 40 * model::kLayerNormParamsBytes);
  EXPECT_EQ(reads[0].cycle, 2);
  EXPECT_EQ(reads[1].cycle, 3) << "rows are asked for while the table comes";
}

}  // namespace
}  // namespace vitsim::test
