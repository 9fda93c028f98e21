// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/adder_array.h"

#include <deque>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/core/random.h"
#include "vitsim/kernels/post_process.h"
#include "vitsim/kernels/taylor.h"

#include "support/rows_bench.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Sums = std::vector<std::vector<std::int64_t>>;

config::TaylorPipeline pipeline(int lanes, int latency_cycles = 1, int initiation_interval = 1) {
  config::TaylorPipeline config;
  config.lanes = lanes;
  config.adder_array.latency_cycles = latency_cycles;
  config.adder_array.initiation_interval = initiation_interval;
  return config;
}

constexpr kernels::Center kCenter{6, 3, 12};

struct AdderArrayBench : RowsBench {
  config::Precision precision;
  hw::AdderArray unit{"unit", config, precision, pad_config, graph, 64, clock};
  hw::Stream<hw::SumRows> sums{"sums", clock};
  hw::Stream<hw::SumRows> behind{"behind", clock};
  Source<hw::SumRows> sum_source{"sum_source", clock};
  Sink<hw::SumRows> sink{"sink", clock};
  std::uint64_t seed = 1;
  struct Expected {
    mapping::Operand out;
    IntMatrix values;
  };
  std::vector<Expected> written;
  Sums passed;

  explicit AdderArrayBench(const sc_core::sc_module_name& name,
                           config::TaylorPipeline config_in = pipeline(16),
                           int read_latency_cycles = 1)
      : RowsBench(name, config_in, read_latency_cycles) {
    precision.accumulator_bits = 24;
    connect(unit);
    sum_source.out.bind(sums);
    unit.sums_in.bind(sums);
    unit.sums_out.bind(behind);
    sink.in.bind(behind);
  }
  void clear_streams() override {
    RowsBench::clear_streams();
    sums.clear();
    behind.clear();
  }

  std::vector<std::int64_t> random_sums(std::int64_t d, std::int64_t largest) {
    Random random(seed++);
    std::vector<std::int64_t> values;
    for (std::int64_t i = 0; i < d; ++i) {
      values.push_back(random.integer(-largest, largest));
    }
    return values;
  }
  /// A row of sums over tokens, as words.
  std::vector<std::int16_t> random_words(std::int64_t d, std::int64_t largest = 5000) {
    std::vector<std::int16_t> words(static_cast<std::size_t>(2 * d));
    kernels::store_sums(random_sums(d, largest), words);
    return words;
  }
  IntMatrix random_rows(std::int64_t rows, std::int64_t d, int bits) {
    return random_matrix(seed++, rows, d, bits);
  }

  /// The rows' tile from memory to memory.
  mapping::RowsTile tile_of(const IntMatrix& in) {
    mapping::RowsTile tile;
    tile.rows = in.rows();
    tile.cols = in.cols();
    tile.in = holding(in, 1);
    tile.out = allocate(in.rows(), in.cols(), 2);
    return tile;
  }
  IntMatrix& expect(const mapping::RowsTile& tile) {
    return written.emplace_back(Expected{*tile.out, IntMatrix(tile.rows, tile.cols)}).values;
  }
  void center(std::int64_t rows, std::int64_t d, mapping::Token done, bool by_feature = false,
              kernels::Center how = kCenter) {
    const IntMatrix in = random_rows(rows, d, 8);
    const IntMatrix mean = random_rows(1, d, 10);
    auto tile = tile_of(in);
    tile.tables = {holding(mean, 2)};
    if (by_feature) {
      tile.out = allocate(d, rows, 2);
      tile.out->by_column = true;
    }
    IntMatrix& values = expect(tile);
    for (std::int64_t row = 0; row < rows; ++row) {
      saturated += kernels::center_row(in.row(row), mean.row(0), how, values.row(row));
    }
    command(tile, add_op(model::Center{{}, {}, how, by_feature}), done);
  }
  /// Rows of Q G on their way to the divider array.
  void pass(std::int64_t rows, std::int64_t d, mapping::Token done) {
    model::TaylorContext work;
    work.value_factor = kernels::make_rescale(1.75);
    const auto v_sum = random_words(d);
    mapping::RowsTile tile;
    tile.rows = rows;
    tile.cols = d;
    tile.tables = {holding(v_sum)};
    for (std::int64_t row = 0; row < rows; ++row) {
      auto values = random_sums(d, 100000);
      sum_source.beats.push_back({values});
      kernels::add_value_sum_row(values, v_sum, work.value_factor);
      passed.push_back(values);
    }
    command(tile, add_op(work), done);
  }
  /// Rows of K^T V, corrected and written as G.
  void correct(std::int64_t rows, std::int64_t d, mapping::Token done) {
    model::CorrectedMatmul work;
    work.fraction_bits = 4;
    work.product.uniform.rescale = kernels::make_rescale(1.0 / 8000);
    const auto v_sum = random_words(d);
    const IntMatrix k_mean = random_rows(1, rows, 10);
    mapping::RowsTile tile;
    tile.rows = rows;
    tile.cols = d;
    tile.tables = {holding(v_sum), holding(k_mean, 2)};
    tile.out = allocate(rows, d, 1);
    IntMatrix& values = expect(tile);
    for (std::int64_t row = 0; row < rows; ++row) {
      auto row_sums = random_sums(d, 100000);
      sum_source.beats.push_back({row_sums});
      kernels::correct_row(row_sums, k_mean(0, row), v_sum, work.fraction_bits);
      clipped += kernels::count_clipped(row_sums, work.product.uniform.rescale, 24, 8);
      saturated_sums += kernels::post_process_row(row_sums, {&work.product.uniform, 1}, {},
                                                  values.row(row), {24, 8});
    }
    command(tile, add_op(work, 8), done);
  }
  void residue(std::int64_t d, mapping::Token done) {
    kernels::Mean mean;
    mean.count = 197;
    mean.fraction_bits = 3;
    const auto words = random_words(d, 4000);
    const IntMatrix k_mean = random_rows(1, d, 9);
    mapping::RowsTile tile;
    tile.rows = 1;
    tile.cols = d;
    tile.in = holding(words);
    tile.second = holding(k_mean, 2);
    tile.out = allocate(1, d, 2);
    saturated_token_sums += kernels::residue_row(words, k_mean.row(0), mean, expect(tile).row(0));
    command(tile, add_op(model::CenterResidue{{}, {}, mean}), done);
  }
  void center_features(std::int64_t rows, std::int64_t d, mapping::Token done) {
    kernels::Mean mean;
    mean.count = d;
    mean.fraction_bits = kCenter.mean_fraction_bits;
    const IntMatrix in = random_rows(rows, d, 8);
    const auto tile = tile_of(in);
    IntMatrix& values = expect(tile);
    for (std::int64_t row = 0; row < rows; ++row) {
      kernels::center_features_row(in.row(row), mean, kCenter, values.row(row));
    }
    command(tile, add_op(model::CenterFeatures{{}, mean, kCenter}), done);
  }
  void requantize(std::int64_t rows, std::int64_t d, mapping::Token done) {
    const auto factor = kernels::make_rescale(0.11);
    const IntMatrix in = random_rows(rows, d, 8);
    const auto tile = tile_of(in);
    IntMatrix& values = expect(tile);
    for (std::int64_t row = 0; row < rows; ++row) {
      kernels::requantize_row(in.row(row), factor, -7, 6, values.row(row));
    }
    command(tile, add_op(model::Requantize{{}, factor, -7, 6}), done);
  }

  void expect_values() const {
    for (const Expected& result : written) {
      for (std::int64_t row = 0; row < result.out.region.rows; ++row) {
        const auto found = row_of(result.out, row);
        for (std::size_t col = 0; col < found.size(); ++col) {
          const auto at = static_cast<std::int64_t>(col);
          ASSERT_EQ(found[col],
                    result.out.by_column ? result.values(at, row) : result.values(row, at));
        }
      }
    }
    Sums found;
    for (const auto& beat : sink.beats) {
      found.push_back(beat.sums);
    }
    EXPECT_EQ(found, passed);
  }

  std::int64_t saturated = 0;
  std::int64_t saturated_sums = 0;
  std::int64_t saturated_token_sums = 0;
  std::int64_t clipped = 0;
};

// --- from memory to memory ---

TEST(AdderArrayTest, CentresTokensWithTheMeanThatItReadsBeforeThem) {
  AdderArrayBench bench("bench", pipeline(16, 5), 3);
  bench.center(10, 40, 1);
  bench.reset();
  // The table in 2, three groups a token from 3 on, three cycles of memory, five of the pipeline.
  constexpr Cycles kDue = 5 + 3 + 5;
  bench.run_through(kDue);
  EXPECT_THAT(bench.granted(RowsBench::kWrites), IsEmpty());
  bench.run_through(200);
  EXPECT_EQ(bench.granted(RowsBench::kReads), cycles_from(2, 1 + 30));
  EXPECT_EQ(bench.memory.accesses_of(RowsBench::kReads)[0].size, 40 * 2);
  EXPECT_EQ(bench.granted(RowsBench::kWrites), cycles_from(kDue + 1, 30));
  EXPECT_EQ(bench.tokens.cycle_of(1), kDue + 30 + 1);
  bench.expect_values();
}

TEST(AdderArrayTest, ValuesOfKHatThatDoNotFitAreCounted) {
  AdderArrayBench bench("bench");
  bench.center(10, 20, 1, false, {6, 3, 9});
  bench.reset();
  bench.run_through(200);
  bench.expect_values();
  EXPECT_GT(bench.saturated, 0);
  EXPECT_EQ(counter(bench.unit.stats(), "saturated_k_hat"), bench.saturated);
}

TEST(AdderArrayTest, AFeatureMajorResultIsWrittenByColumns) {
  AdderArrayBench bench("bench");
  bench.center(6, 20, 1, true);
  bench.reset();
  bench.run_through(200);
  bench.expect_values();
  const auto writes = bench.memory.accesses_of(RowsBench::kWrites);
  ASSERT_EQ(writes.size(), 6U * 2);
  const mapping::Region& region = bench.written[0].out.region;
  for (std::size_t token = 0; token < 6; ++token) {
    const auto& first = writes[2 * token];
    const auto& second = writes[2 * token + 1];
    EXPECT_EQ(first.address, region.address + static_cast<Bytes>(token) * 2);
    EXPECT_EQ(first.stride, region.pitch);
    EXPECT_EQ(first.size, 16 * 2);
    EXPECT_EQ(second.address, first.address + 16 * region.pitch);
    EXPECT_EQ(second.size, 4 * 2);
    EXPECT_EQ(second.cycle, first.cycle + 1);
  }
}

TEST(AdderArrayTest, RequantizesQueriesAndKeysWithinBounds) {
  AdderArrayBench bench("bench");
  bench.requantize(8, 20, 1);
  bench.reset();
  bench.run_through(200);
  bench.expect_values();
  EXPECT_EQ(bench.granted(RowsBench::kWrites), cycles_from(2 + 1 + 1 + 1 + 1, 16));
}

TEST(AdderArrayTest, TheResidueTakesTheSumsAndTheMeanAsTwoOperands) {
  AdderArrayBench bench("bench");
  bench.residue(20, 1);
  bench.reset();
  bench.run_through(200);
  bench.expect_values();
  EXPECT_GT(bench.saturated_token_sums, 0);
  EXPECT_EQ(counter(bench.unit.stats(), "saturated_sums"), 0);
  EXPECT_EQ(counter(bench.unit.stats(), "saturated_token_sums"), bench.saturated_token_sums);
  std::vector<Bytes> sizes;
  for (const auto& access : bench.memory.accesses_of(RowsBench::kReads)) {
    sizes.push_back(access.size);
  }
  EXPECT_THAT(sizes, ElementsAre(16 * 4, 16 * 2, 4 * 4, 4 * 2)) << "a group of each in turn";
}

TEST(AdderArrayTest, CentringOverFeaturesTakesASecondPassAndTheDepthOfTreeSumAndDivision) {
  auto config = pipeline(16, 3);
  config.accumulator_array.latency_cycles = 4;
  config.divider_array.latency_cycles = 2;
  AdderArrayBench bench("bench", config);
  bench.center_features(12, 40, 1);
  bench.reset();
  bench.run_through(300);
  bench.expect_values();
  // Three groups from 2 on, a cycle of memory; a second pass of three; an adder tree of sixteen
  // leaves, the sum's latency, eight digits and the divider's latency, the difference.
  constexpr Cycles kDue = 2 + 2 + 1 + 3 + (4 + 4 + 8 + 2 + 3);
  EXPECT_EQ(bench.granted(RowsBench::kWrites), cycles_from(kDue + 1, 36));
}

TEST(AdderArrayTest, CentringOverFeaturesGoesAtThePaceOfTheSlowerArray) {
  auto config = pipeline(16, 1, 2);
  config.accumulator_array.lanes = 8;
  config.accumulator_array.initiation_interval = 3;
  AdderArrayBench bench("bench", config);
  bench.center_features(3, 16, 1);
  bench.reset();
  bench.run_through(300);
  bench.expect_values();
  EXPECT_EQ(bench.granted(RowsBench::kReads), cycles_from(2, 6, 3));
  const auto writes = bench.granted(RowsBench::kWrites);
  ASSERT_EQ(writes.size(), 6U);
  EXPECT_EQ(writes[2] - writes[0], 6);
  EXPECT_EQ(writes[4] - writes[2], 6);
}

// --- from the array to the divider array ---

TEST(AdderArrayTest, AddsTheSumOfVOnTheWayThrough) {
  AdderArrayBench bench("bench", pipeline(64, 4), 2);
  bench.pass(20, 40, 1);
  bench.reset();
  // The table is asked for in 1, there in 4 when the first row is taken; a cycle in the stream.
  constexpr Cycles kFirst = 4 + 4 + 1;
  bench.run_through(kFirst - 1);
  EXPECT_THAT(bench.sink.cycles, IsEmpty());
  bench.run_through(200);
  EXPECT_EQ(bench.sink.cycles, cycles_from(kFirst, 20));
  EXPECT_EQ(bench.memory.accesses.size(), 1U);
  EXPECT_EQ(bench.memory.accesses[0].size, 40 * 4) << "two words a sum";
  EXPECT_EQ(bench.tokens.cycle_of(1), kFirst - 1 + 19) << "when the last row has gone on";
  bench.expect_values();
}

TEST(AdderArrayTest, ARowOfSumsTakesItsGroupsAndTheNextOneARowIntervalLater) {
  AdderArrayBench bench("bench", pipeline(16, 4, 2));
  bench.pass(20, 40, 1);
  bench.reset();
  bench.run_through(300);
  // Taken whole in 3; its third group is in the lanes four cycles later.
  EXPECT_EQ(bench.sink.cycles, cycles_from(3 + 4 + 4 + 1, 20, 6));
  EXPECT_EQ(bench.sum_source.written[7] - bench.sum_source.written[6], 6);
  bench.expect_values();
}

TEST(AdderArrayTest, HoldsBackTheArrayWhileTheDividerTakesNothing) {
  AdderArrayBench bench("bench", pipeline(64, 4));
  bench.pass(40, 40, 1);
  bench.sink.takes = [](Cycles cycle) { return cycle >= 100; };
  bench.reset();
  bench.run_through(99);
  // Two in the stream behind; two in the pass, two that wait, four in the pipeline; two before it.
  EXPECT_EQ(bench.sum_source.written.size(), 2U + 2 + 2 + 4 + 2);
  bench.unit.activity().account(99);
  EXPECT_GT(bench.unit.activity()
                .by_layer()[0]
                .stalls[static_cast<std::size_t>(stats::StallCause::kOutputFull)],
            80);
  bench.run_through(300);
  EXPECT_EQ(bench.sink.cycles, cycles_from(100, 40));
  bench.expect_values();
}

// --- from the array to memory ---

TEST(AdderArrayTest, CorrectsRowsOfKtVWithTheMeanOfTheirFeatureAndCountsWhatGCannotHold) {
  AdderArrayBench bench("bench", pipeline(16, 3));
  bench.correct(12, 40, 1);
  bench.reset();
  bench.run_through(200);
  bench.expect_values();
  // Two tables in 2 and 3; the second is there in 4 when the first row enters.
  EXPECT_EQ(bench.granted(RowsBench::kReads), cycles_from(2, 2));
  EXPECT_EQ(bench.granted(RowsBench::kWrites), cycles_from(4 + 2 + 3 + 1, 36));
  EXPECT_GT(bench.clipped, 0);
  EXPECT_EQ(counter(bench.unit.stats(), "clipped_g"), bench.clipped);
  EXPECT_EQ(counter(bench.unit.stats(), "saturated_sums"), bench.saturated_sums);
}

// --- commands of both sorts ---

TEST(AdderArrayTest, ACommandFromMemoryBehindOneThatWaitsForSumsKeepsTheOrder) {
  AdderArrayBench bench("bench");
  bench.pass(5, 20, 1);
  bench.center(10, 20, 2);
  bench.sum_source.offers = [](Cycles cycle) { return cycle >= 100; };
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.memory.accesses_of(RowsBench::kReads).size(), 1U + 6U)
      << "its reads run ahead as far as the buffer goes";
  EXPECT_THAT(bench.granted(RowsBench::kWrites), IsEmpty());
  bench.unit.activity().account(100);
  EXPECT_GT(bench.unit.activity()
                .by_layer()[0]
                .stalls[static_cast<std::size_t>(stats::StallCause::kSums)],
            80)
      << "answers that it cannot take yet are not what it waits for";
  bench.run_through(300);
  bench.expect_values();
  EXPECT_GT(bench.granted(RowsBench::kWrites).front(), bench.sink.cycles.back() - 1);
  EXPECT_GT(bench.tokens.cycle_of(2), bench.tokens.cycle_of(1));
}

TEST(AdderArrayTest, ACommandOfSumsBehindOneFromMemoryWaitsForItsRows) {
  AdderArrayBench bench("bench");
  bench.center(10, 20, 1);
  bench.pass(5, 20, 2);
  bench.center(3, 20, 3);
  bench.reset();
  bench.run_through(300);
  bench.expect_values();
  // The mean, twenty groups and then the table of the sums, which is there in 24.
  EXPECT_EQ(bench.granted(RowsBench::kReads)[21], 23);
  // Rows of two groups: taken in 24, on their way a group and a cycle later.
  EXPECT_EQ(bench.sink.cycles, cycles_from(24 + 1 + 1 + 1, 5, 2));
  EXPECT_GT(bench.tokens.cycle_of(2), bench.tokens.cycle_of(1));
  EXPECT_GT(bench.tokens.cycle_of(3), bench.tokens.cycle_of(2));
}

TEST(AdderArrayTest, TablesOfTheNextCommandDoNotDisturbRowsThatStillCome) {
  AdderArrayBench bench("bench");
  for (int i = 0; i < 4; ++i) {
    bench.pass(3, 20, 2 * i);
    bench.correct(4, 20, 2 * i + 1);
  }
  bench.sum_source.offers = [](Cycles cycle) { return cycle % 20 == 0; };
  bench.reset();
  bench.run_through(1000);
  bench.expect_values();
  EXPECT_EQ(bench.tokens.cycles.size(), 8U);
}

TEST(AdderArrayTest, StallsOnAllSidesAndAResetInTheMiddleChangeNoValue) {
  AdderArrayBench bench("bench", pipeline(8, 4, 2), 2);
  for (int i = 0; i < 4; ++i) {
    const int d = 5 + 6 * i;
    bench.center(3 + i, d, 10 * i, i % 2 == 0);
    bench.pass(4 + i, d, 10 * i + 1);
    bench.correct(d, 9, 10 * i + 2);
    bench.residue(d, 10 * i + 3);
    bench.center_features(2 + i, d, 10 * i + 4);
    bench.pass(2, d, 10 * i + 5);
    bench.requantize(3, d, 10 * i + 6);
  }
  bench.memory.grants = at_random(1, 60);
  bench.source.offers = at_random(2, 20);
  bench.sum_source.offers = at_random(3, 50);
  bench.sink.takes = at_random(4, 50);
  bench.reset();
  bench.run_through(203);
  std::vector<Cycles> first;
  for (const bool reverse : {false, true}) {
    bench.clock.set_reverse_order(reverse);
    bench.reset();
    bench.run_through(8000);
    bench.expect_values();
    EXPECT_EQ(bench.tokens.cycles.size(), 28U);
    Cycles last = -1;
    for (const auto& [token, cycle] : bench.tokens.cycles) {
      EXPECT_GT(cycle, last) << "commands are done in order";
      last = cycle;
    }
    if (!reverse) {
      first = bench.granted(RowsBench::kWrites);
    }
  }
  EXPECT_EQ(bench.granted(RowsBench::kWrites), first);
}

}  // namespace
}  // namespace vitsim::test
