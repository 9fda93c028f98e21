// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vitsim/config/load.h"
#include "vitsim/core/random.h"
#include "vitsim/sim/attention_run.h"
#include "vitsim/timing/taylor.h"

#include "support/in_child.h"

namespace vitsim::test {
namespace {

/// One attention of a machine that the closed form describes.
struct AttentionCase {
  config::Config config;
  model::AttentionShape shape;
};

template <class Value>
Value one_of(Random& random, std::initializer_list<Value> values) {
  return values.begin()[random.integer(0, static_cast<std::int64_t>(values.size()) - 1)];
}

int between(Random& random, int least, int most) {
  return static_cast<int>(random.integer(least, most));
}

config::TaylorPipeline random_pipeline(Random& random, config::Overlap overlap) {
  using config::Centering;
  using config::Denominator;
  using config::DividerKind;
  using config::KHatLayout;
  config::TaylorPipeline pipeline;
  pipeline.overlap = overlap;
  pipeline.denominator = one_of(random, {Denominator::kComputed, Denominator::kConstant});
  pipeline.centering = one_of(random, {Centering::kBefore, Centering::kDeferred});
  pipeline.k_hat_layout = one_of(random, {KHatLayout::kTokenMajor, KHatLayout::kSkewed});
  pipeline.accumulator_array.latency_cycles = between(random, 1, 5);
  pipeline.accumulator_array.initiation_interval = one_of(random, {1, 1, 2, 3});
  pipeline.adder_array.latency_cycles = between(random, 1, 8);
  pipeline.divider_array.latency_cycles = between(random, 1, 9);
  pipeline.divider_array.kind = one_of(random, {DividerKind::kRadix, DividerKind::kReciprocal});
  pipeline.divider_array.radix_bits = between(random, 1, 8);
  pipeline.sa_diag.latency_cycles = between(random, 1, 6);
  pipeline.sa_diag.divisor_queue = one_of(random, {2, 3, 4, 16, 64});
  return pipeline;
}

std::int64_t random_tokens(Random& random) {
  return random.integer(1, one_of(random, {1, 2, 20, 150, 400}));
}

AttentionCase random_attention(std::uint64_t seed, config::Overlap overlap) {
  Random random(seed);
  AttentionCase drawn;
  config::Accelerator& machine = drawn.config.accelerator;
  // With heads that overlap, the recurrences describe arrays of several rows.
  const int fewest_rows = overlap == config::Overlap::kAcrossHeads ? 2 : 1;
  machine.pe_array.rows = std::max(one_of(random, {1, 2, 3, 5, 8, 16, 33, 64}), fewest_rows);
  machine.pe_array.cols = one_of(random, {1, 2, 4, 8, 16, 31, 64});
  machine.scratchpad.read_latency_cycles = one_of(random, {1, 1, 2, 5, 9});
  machine.accumulator_buffer.rows = one_of(random, {64, 100, 256, 1024});
  machine.post_processor.latency_cycles = between(random, 1, 9);
  machine.sequencer.queue_depth = between(random, 2, 16);
  machine.taylor_pipeline = random_pipeline(random, overlap);
  drawn.config.attention = config::Attention::kTaylor;
  drawn.shape.tokens = random_tokens(random);
  drawn.shape.heads = between(random, 1, 6);
  drawn.shape.head_dim = random.integer(1, std::min(machine.pe_array.rows, machine.pe_array.cols));
  return drawn;
}

std::string describe(const AttentionCase& drawn) {
  const config::Accelerator& machine = drawn.config.accelerator;
  const config::TaylorPipeline& pipeline = *machine.taylor_pipeline;
  return fmt::format(
      "{} tokens, {} heads of {} on {} x {}; read latency {}, accumulator buffer {}, "
      "post-processor {}, queues {}; {}, {}, {}; accumulator array {} every {}, adder array {}, "
      "divider array {} {} {}, SA-Diag {} queue {}; {} banks of {} bytes, DRAM {} + {}",
      drawn.shape.tokens, drawn.shape.heads, drawn.shape.head_dim, machine.pe_array.rows,
      machine.pe_array.cols, machine.scratchpad.read_latency_cycles,
      machine.accumulator_buffer.rows, machine.post_processor.latency_cycles,
      machine.sequencer.queue_depth, config::name_of(config::kOverlapNames, pipeline.overlap),
      config::name_of(config::kDenominatorNames, pipeline.denominator),
      config::name_of(config::kCenteringNames, pipeline.centering),
      pipeline.accumulator_array.latency_cycles, pipeline.accumulator_array.initiation_interval,
      pipeline.adder_array.latency_cycles,
      config::name_of(config::kDividerKindNames, pipeline.divider_array.kind),
      pipeline.divider_array.radix_bits, pipeline.divider_array.latency_cycles,
      pipeline.sa_diag.latency_cycles, pipeline.sa_diag.divisor_queue, machine.scratchpad.banks,
      machine.scratchpad.bank_width_bytes, machine.dram.latency_cycles,
      machine.dram.bytes_per_cycle);
}

/// What is wrong with its cycles; empty where nothing is.
using Judge = std::function<std::string(const sim::AttentionResult&)>;

void expect_cycles(const AttentionCase& drawn, bool ideal_memory, std::uint64_t seed,
                   const Judge& judge) {
  const ChildResult child = in_child([&] {
    sim::AttentionOptions options;
    options.config = drawn.config;
    options.shape = drawn.shape;
    options.ideal_memory = ideal_memory;
    options.seed = seed;
    const sim::AttentionResult result = sim::run_attention(options);
    return result.check.integer_mismatches > 0 ? "mismatch: " + result.check.first_mismatch
                                               : judge(result);
  });
  EXPECT_TRUE(child.returned && child.text.empty())
      << "seed " << seed << ": " << describe(drawn) << "\n"
      << child.text;
}

class TaylorCycles : public testing::TestWithParam<config::Overlap> {};

TEST_P(TaylorCycles, AreTheClosedFormsWhereMemoryKeepsNobodyWaiting) {
  constexpr std::uint64_t kCases = 60;
  for (std::uint64_t seed = 600000; seed < 600000 + kCases; ++seed) {
    expect_cycles(random_attention(seed, GetParam()), true, seed,
                  [](const sim::AttentionResult& result) {
                    if (!result.closed_form) {
                      return std::string("no closed form");
                    }
                    return result.cycles == *result.closed_form
                               ? ""
                               : fmt::format("{} cycles, but the closed form takes {}",
                                             result.cycles, *result.closed_form);
                  });
  }
}

TEST_P(TaylorCycles, AreNoFewerThanTheClosedFormsWhereBanksConflictAndDramIsSlow) {
  constexpr std::uint64_t kCases = 20;
  for (std::uint64_t seed = 610000; seed < 610000 + kCases; ++seed) {
    AttentionCase drawn = random_attention(seed, GetParam());
    Random random(seed + 1);
    config::Accelerator& machine = drawn.config.accelerator;
    machine.scratchpad.size_kib = one_of(random, {64, 256, 4096});
    machine.scratchpad.banks = one_of(random, {2, 4, 16});
    machine.scratchpad.bank_width_bytes = one_of(random, {8, 16});
    machine.scratchpad.ports = 1;
    machine.dram.kind = config::DramKind::kSimple;
    machine.dram.bytes_per_cycle = one_of(random, {4.0, 25.6, 200.0});
    machine.dram.latency_cycles = one_of(random, {0, 10, 60});
    const auto closed_form = timing::taylor_attention_cycles(drawn.shape, machine);
    ASSERT_TRUE(closed_form.has_value());
    expect_cycles(drawn, false, seed, [&](const sim::AttentionResult& result) {
      return result.cycles >= *closed_form ? ""
                                           : fmt::format("{} cycles, but the closed form takes {}",
                                                         result.cycles, *closed_form);
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Overlaps, TaylorCycles,
                         testing::Values(config::Overlap::kNone, config::Overlap::kIntraLayer,
                                         config::Overlap::kAcrossHeads));

}  // namespace
}  // namespace vitsim::test
