// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/divider_array.h"

#include <deque>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/core/random.h"
#include "vitsim/kernels/taylor.h"

#include "support/rows_bench.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

config::TaylorPipeline pipeline(int lanes, int latency_cycles = 2, int initiation_interval = 1) {
  config::TaylorPipeline config;
  config.divider_array.lanes = lanes;
  config.divider_array.latency_cycles = latency_cycles;
  config.divider_array.initiation_interval = initiation_interval;
  return config;
}

/// Of sixteen bits, two a digit: eight cycles.
constexpr Cycles kDigits = 8;

struct DividerArrayBench : RowsBench {
  hw::DividerArray unit{"unit", config, pad_config, graph, 64, clock};
  hw::Stream<hw::SumRows> sums{"sums", clock};
  hw::Stream<hw::SumRows> divisors{"divisors", clock, 4};
  Source<hw::SumRows> sum_source{"sum_source", clock};
  Source<hw::SumRows> divisor_source{"divisor_source", clock};
  Random random{5};
  struct Expected {
    mapping::Operand out;
    std::int64_t row;
    std::vector<std::int16_t> values;
  };
  std::vector<Expected> expected;

  explicit DividerArrayBench(const sc_core::sc_module_name& name,
                             config::TaylorPipeline config_in = pipeline(16),
                             int read_latency_cycles = 1)
      : RowsBench(name, config_in, read_latency_cycles) {
    connect(unit);
    sum_source.out.bind(sums);
    unit.sums_in.bind(sums);
    divisor_source.out.bind(divisors);
    unit.divisors_in.bind(divisors);
  }
  void clear_streams() override {
    RowsBench::clear_streams();
    sums.clear();
    divisors.clear();
  }

  /// The mean of a row of sums over 197 tokens.
  void add_mean(std::int64_t d, mapping::Token done) {
    kernels::Mean mean;
    mean.count = 197;
    mean.fraction_bits = 3;
    std::vector<std::int64_t> values;
    for (std::int64_t i = 0; i < d; ++i) {
      values.push_back(random.integer(-200000, 200000));
    }
    std::vector<std::int16_t> words(values.size() * 2);
    kernels::store_sums(values, words);
    mapping::RowsTile tile;
    tile.rows = 1;
    tile.cols = d;
    tile.in = holding(words);
    tile.out = allocate(1, d, 2);
    auto& result = expected.emplace_back();
    result = {*tile.out, 0, std::vector<std::int16_t>(values.size())};
    kernels::mean_row(words, mean, result.values);
    command(tile, add_op(model::TokenMean{{}, mean}), done);
  }

  static model::TaylorContext context(bool computed, std::int64_t constant) {
    model::TaylorContext work;
    if (computed) {
      work.k_hat_sum = model::View{};
    }
    work.constant = constant;
    work.quotient = {6, 16, {}, kernels::make_rescale(0.25), 8};
    return work;
  }
  /// Rows of T_N by a divisor each, or by a constant.
  void add_rows(std::int64_t rows, std::int64_t d, mapping::Token done, bool computed = true) {
    std::vector<std::int64_t> chain;
    for (std::int64_t row = 0; row < rows; ++row) {
      chain.push_back(random.integer(-1000, 1000));
    }
    add_rows(d, done, context(computed, 5000), chain);
  }
  void add_rows(std::int64_t d, mapping::Token done, const model::TaylorContext& work,
                const std::vector<std::int64_t>& chain) {
    mapping::RowsTile tile;
    tile.rows = static_cast<std::int64_t>(chain.size());
    tile.cols = d;
    tile.out = allocate(tile.rows, d, 1);
    for (std::int64_t row = 0; row < tile.rows; ++row) {
      std::vector<std::int64_t> t_n;
      for (std::int64_t i = 0; i < d; ++i) {
        t_n.push_back(random.integer(-30000, 30000));
      }
      std::int64_t t_d = work.constant;
      if (work.k_hat_sum) {
        t_d += chain[static_cast<std::size_t>(row)];
        divisor_source.beats.push_back({{chain[static_cast<std::size_t>(row)]}});
      }
      auto& result = expected.emplace_back();
      result = {*tile.out, row, std::vector<std::int16_t>(t_n.size())};
      kernels::divide_row(t_n, t_d, work.quotient, result.values);
      sum_source.beats.push_back({t_n});
    }
    command(tile, add_op(work, 8), done);
  }
  void expect_values() const {
    for (const Expected& result : expected) {
      EXPECT_EQ(row_of(result.out, result.row), result.values);
    }
  }
};

TEST(DividerArrayTest, AMeanIsWrittenItsDigitsAndTheLatencyAfterItsSumsCame) {
  DividerArrayBench bench("bench", pipeline(16, 5), 3);
  bench.add_mean(40, 1);
  bench.reset();
  // Three groups of sixteen sums from 2 on, three cycles of memory.
  constexpr Cycles kDue = 2 + 2 + 3 + kDigits + 5;
  bench.run_through(kDue);
  EXPECT_THAT(bench.granted(RowsBench::kWrites), IsEmpty());
  bench.run_through(100);
  EXPECT_THAT(bench.granted(RowsBench::kReads), ElementsAre(2, 3, 4));
  EXPECT_THAT(bench.granted(RowsBench::kWrites), ElementsAre(kDue + 1, kDue + 2, kDue + 3));
  EXPECT_EQ(bench.tokens.cycle_of(1), kDue + 4);
  const auto reads = bench.memory.accesses_of(RowsBench::kReads);
  EXPECT_EQ(reads[0].size, 16 * 4) << "two words a sum";
  EXPECT_EQ(reads[2].size, 8 * 4);
  EXPECT_EQ(bench.memory.accesses_of(RowsBench::kWrites)[2].size, 8 * 2);
  bench.expect_values();
}

struct Kind {
  config::DividerKind kind;
  int radix_bits;
  int quotient_bits;
  int reciprocal_bits;
  Cycles digits;  ///< by hand
};

TEST(DividerArrayTest, ADivisionTakesItsDigitsByRadixAndByReciprocal) {
  const std::vector<Kind> kinds{{config::DividerKind::kRadix, 2, 16, 9, 8},
                                {config::DividerKind::kRadix, 1, 16, 9, 16},
                                {config::DividerKind::kRadix, 3, 16, 9, 6},
                                {config::DividerKind::kReciprocal, 2, 4, 16, 9 + 1},
                                {config::DividerKind::kReciprocal, 4, 4, 11, 3 + 1}};
  std::deque<DividerArrayBench> benches;
  for (const Kind& kind : kinds) {
    auto config = pipeline(16, 3);
    config.divider_array.kind = kind.kind;
    config.divider_array.radix_bits = kind.radix_bits;
    config.divider_array.quotient_bits = kind.quotient_bits;
    config.divider_array.reciprocal_bits = kind.reciprocal_bits;
    benches.emplace_back(sc_core::sc_gen_unique_name("bench"), config).add_rows(1, 16, 1);
  }
  reset_all(benches);
  benches.back().run_through(100);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    // Taken in 2, the cycle after its command.
    EXPECT_THAT(benches[i].granted(RowsBench::kWrites), ElementsAre(2 + kinds[i].digits + 3 + 1))
        << "kind " << i;
    benches[i].expect_values();
  }
}

TEST(DividerArrayTest, RowsEnterEveryRowIntervalAndTheirGroupsLeaveOneACycle) {
  struct Shape {
    std::int64_t d;
    int lanes;
    int initiation_interval;
  };
  const std::vector<Shape> shapes{{16, 16, 1}, {40, 16, 1}, {16, 16, 3}, {20, 7, 2}, {64, 1, 1}};
  std::deque<DividerArrayBench> benches;
  for (const Shape& shape : shapes) {
    benches
        .emplace_back(sc_core::sc_gen_unique_name("bench"),
                      pipeline(shape.lanes, 4, shape.initiation_interval))
        .add_rows(30, shape.d, 1);
  }
  reset_all(benches);
  benches.back().run_through(3000);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Shape& shape = shapes[i];
    SCOPED_TRACE(testing::Message() << shape.d << " features, lanes " << shape.lanes);
    const std::int64_t groups = ceil_div<std::int64_t>(shape.d, shape.lanes);
    const Cycles interval = groups * shape.initiation_interval;
    // The last group of a row is in the lanes (groups - 1) intervals after the first.
    const Cycles first = 2 + interval - shape.initiation_interval + kDigits + 4 + 1;
    std::vector<Cycles> expected;
    for (Cycles row = 0; row < 30; ++row) {
      const auto cycles = cycles_from(first + row * interval, groups);
      expected.insert(expected.end(), cycles.begin(), cycles.end());
    }
    EXPECT_EQ(benches[i].granted(RowsBench::kWrites), expected);
    EXPECT_EQ(benches[i].tokens.cycle_of(1), expected.back() + 1);
    benches[i].expect_values();
  }
}

TEST(DividerArrayTest, ARowWaitsForItsDivisor) {
  DividerArrayBench bench("bench");
  bench.add_rows(3, 16, 1);
  bench.divisor_source.offers = [](Cycles cycle) { return cycle == 0 || cycle % 40 == 39; };
  bench.reset();
  bench.run_through(40 + kDigits + 2);
  EXPECT_EQ(bench.granted(RowsBench::kWrites).size(), 1U);
  bench.run_through(200);
  // Written in 39, there in 40.
  EXPECT_THAT(bench.granted(RowsBench::kWrites),
              ElementsAre(2 + kDigits + 2 + 1, 40 + kDigits + 2 + 1, 80 + kDigits + 2 + 1));
  bench.expect_values();
}

TEST(DividerArrayTest, ADivisorWaitsForItsRow) {
  DividerArrayBench bench("bench");
  bench.add_rows(8, 16, 1);
  bench.sum_source.offers = [](Cycles cycle) { return cycle >= 39; };
  bench.reset();
  bench.run_through(39);
  EXPECT_EQ(bench.divisor_source.written.size(), 4U) << "as many as the queue has room for";
  bench.unit.activity().account(39);
  EXPECT_EQ(bench.unit.activity()
                .by_layer()[0]
                .stalls[static_cast<std::size_t>(stats::StallCause::kSums)],
            39 - 2);
  bench.run_through(200);
  EXPECT_EQ(bench.granted(RowsBench::kWrites), cycles_from(40 + kDigits + 2 + 1, 8));
  bench.expect_values();
}

TEST(DividerArrayTest, AConstantDenominatorNeedsNoDivisors) {
  DividerArrayBench bench("bench");
  bench.add_rows(5, 16, 1, false);
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.granted(RowsBench::kWrites), cycles_from(2 + kDigits + 2 + 1, 5));
  bench.expect_values();
}

TEST(DividerArrayTest, AConstantDenominatorLeavesDivisorsOfTheNextCommandAlone) {
  DividerArrayBench bench("bench");
  bench.add_rows(3, 16, 1, true);
  bench.add_rows(5, 16, 2, false);
  bench.add_rows(4, 16, 3, true);
  bench.reset();
  bench.run_through(100);
  bench.expect_values();
  EXPECT_EQ(bench.tokens.cycles.size(), 3U);
}

TEST(DividerArrayTest, ADivisorThatIsNotPositiveIsCountedAndOneTakesItsPlace) {
  DividerArrayBench bench("bench");
  const auto work = DividerArrayBench::context(true, 100);
  bench.add_rows(8, 1, work, {-99, -100, -101, -30000, 0});
  bench.reset();
  bench.run_through(100);
  bench.expect_values();
  EXPECT_EQ(counter(bench.unit.stats(), "nonpositive_divisors"), 3);
  std::vector<std::int16_t> by_one(8);
  kernels::divide_row(bench.sum_source.beats[3].sums, 1, work.quotient, by_one);
  EXPECT_EQ(bench.row_of(bench.expected[3].out, 3), by_one);
}

TEST(DividerArrayTest, WhileNothingIsWrittenItTakesNoMoreRowsThanItHolds) {
  DividerArrayBench bench("bench");
  bench.add_rows(60, 16, 1, false);
  bench.memory.grants = [](Cycles cycle) { return cycle < 1000003 || cycle >= 1000003 + 100; };
  bench.reset();
  bench.run_through(99);
  // At the port two; two in each pass, two waiting, ten in the pipeline; two in the stream.
  EXPECT_EQ(bench.sum_source.written.size(), 2U + 2 + 2 + 10 + 2);
  bench.run_through(300);
  EXPECT_EQ(bench.granted(RowsBench::kWrites), cycles_from(100, 60));
  bench.expect_values();
}

TEST(DividerArrayTest, MeansAndRowsOfSeveralCommandsAreDoneInOrder) {
  DividerArrayBench bench("bench", pipeline(8, 3), 2);
  bench.add_mean(20, 1);
  bench.add_rows(6, 20, 2);
  bench.add_mean(9, 3);
  bench.add_mean(8, 4);
  bench.add_rows(4, 8, 5);
  bench.sum_source.offers = [](Cycles cycle) { return cycle >= 50; };
  bench.reset();
  bench.run_through(49);
  EXPECT_TRUE(bench.tokens.has(1));
  EXPECT_EQ(bench.memory.accesses_of(RowsBench::kReads).size(), 3U + 2U + 1U)
      << "the means behind the rows are read ahead";
  EXPECT_FALSE(bench.tokens.has(3)) << "but wait for them";
  bench.run_through(500);
  bench.expect_values();
  for (mapping::Token token = 2; token <= 5; ++token) {
    EXPECT_GT(bench.tokens.cycle_of(token), bench.tokens.cycle_of(token - 1));
  }
}

TEST(DividerArrayTest, StallsOnAllSidesAndAResetInTheMiddleChangeNoValue) {
  DividerArrayBench bench("bench", pipeline(8, 3, 2), 2);
  for (int i = 0; i < 10; ++i) {
    if (i % 3 == 1) {
      bench.add_mean(7 + i, i);
    } else {
      bench.add_rows(3 + i, 6 + 2 * i, i, i % 2 == 0);
    }
  }
  bench.memory.grants = at_random(1, 60);
  bench.source.offers = at_random(2, 10);
  bench.sum_source.offers = at_random(3, 50);
  bench.divisor_source.offers = at_random(4, 50);
  bench.reset();
  bench.run_through(93);
  std::vector<Cycles> first;
  for (const bool reverse : {false, true}) {
    bench.clock.set_reverse_order(reverse);
    bench.reset();
    bench.run_through(5000);
    bench.expect_values();
    EXPECT_EQ(bench.tokens.cycles.size(), 10U);
    if (!reverse) {
      first = bench.granted(RowsBench::kWrites);
    }
  }
  EXPECT_EQ(bench.granted(RowsBench::kWrites), first);
}

}  // namespace
}  // namespace vitsim::test
