// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/taylor.h"

#include <functional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "timing/arrays.h"

namespace vitsim::timing {
namespace {

using model::AttentionShape;

constexpr AttentionShape kDeitTiny{197, 3, 64};

config::Accelerator machine_of(int rows, int cols) {
  config::Accelerator machine;
  machine.sequencer.queue_depth = 8;
  machine.pe_array = systolic(Dataflow::kWeightStationary, rows, cols, true);
  machine.taylor_pipeline.emplace();
  return machine;
}

Cycles cycles_of(const AttentionShape& shape, const config::Accelerator& machine) {
  const auto cycles = taylor_attention_cycles(shape, machine);
  EXPECT_TRUE(cycles.has_value());
  return cycles.value_or(-1);
}

// --- rows of operands ---

TEST(TaylorArrayBeats, TwelveLayersOfDeitTinyHaveThePublishedIdealCycles) {
  EXPECT_EQ(12 * taylor_array_beats(kDeitTiny, systolic(Dataflow::kWeightStationary, 64, 64)),
            16'308);
}

TEST(TaylorArrayBeats, AreTheFeaturesForEachFoldOfTokensAndTheTokens) {
  const auto beats = [](std::int64_t tokens, int heads, std::int64_t head_dim, int rows) {
    return taylor_array_beats({tokens, heads, head_dim},
                              systolic(Dataflow::kWeightStationary, rows, 64));
  };
  EXPECT_EQ(beats(1, 1, 1, 1), 1 + 1);
  EXPECT_EQ(beats(64, 1, 32, 64), 32 + 64);
  EXPECT_EQ(beats(65, 1, 32, 64), 2 * 32 + 65);
  EXPECT_EQ(beats(65, 5, 32, 64), 5 * (2 * 32 + 65));
}

// --- what is not described ---

using Change = std::function<void(config::Accelerator&)>;

TEST(TaylorAttentionCycles, DescribeTheUsualMachine) {
  EXPECT_TRUE(taylor_attention_cycles(kDeitTiny, machine_of(64, 64)));
  config::Accelerator skewed = machine_of(64, 64);
  skewed.taylor_pipeline->k_hat_layout = config::KHatLayout::kSkewed;
  EXPECT_TRUE(taylor_attention_cycles(kDeitTiny, skewed));
}

TEST(TaylorAttentionCycles, DescribeNoOtherMachines) {
  const std::vector<std::pair<const char*, Change>> changes{
      {"no pipeline", [](auto& m) { m.taylor_pipeline.reset(); }},
      {"row_wise", [](auto& m) { m.pe_array.kind = config::ArrayKind::kRowWise; }},
      {"input_stationary", [](auto& m) { m.pe_array.dataflow = Dataflow::kInputStationary; }},
      {"output_stationary", [](auto& m) { m.pe_array.dataflow = Dataflow::kOutputStationary; }},
      {"folds that do not overlap", [](auto& m) { m.pe_array.overlap_folds = false; }},
      {"two rows of weights a cycle", [](auto& m) { m.pe_array.weight_rows_per_cycle = 2; }},
      {"fewer rows than features", [](auto& m) { m.pe_array.rows = 63; }},
      {"fewer columns", [](auto& m) { m.pe_array.cols = 63; }},
      {"fewer lanes in all arrays", [](auto& m) { m.taylor_pipeline->lanes = 63; }},
      {"in the post-processor", [](auto& m) { m.post_processor.lanes = 63; }},
      {"in the adder array", [](auto& m) { m.taylor_pipeline->adder_array.lanes = 63; }},
      {"in the divider array", [](auto& m) { m.taylor_pipeline->divider_array.lanes = 63; }},
      {"in the accumulator array",
       [](auto& m) { m.taylor_pipeline->accumulator_array.lanes = 63; }},
      {"a short accumulator buffer", [](auto& m) { m.accumulator_buffer.rows = 63; }},
      {"queues of one command", [](auto& m) { m.sequencer.queue_depth = 1; }},
      {"slow adders", [](auto& m) { m.taylor_pipeline->adder_array.initiation_interval = 2; }},
      {"slow dividers", [](auto& m) { m.taylor_pipeline->divider_array.initiation_interval = 2; }},
      {"gathered features",
       [](auto& m) { m.taylor_pipeline->feature_reads = config::FeatureReads::kGather; }},
      {"feature_major",
       [](auto& m) { m.taylor_pipeline->k_hat_layout = config::KHatLayout::kFeatureMajor; }}};
  for (const auto& [name, change] : changes) {
    config::Accelerator machine = machine_of(64, 64);
    change(machine);
    EXPECT_FALSE(taylor_attention_cycles(kDeitTiny, machine)) << name;
  }
}

TEST(TaylorAttentionCycles, DescribeSlowSums) {
  config::Accelerator machine = machine_of(64, 64);
  const Cycles fast = cycles_of(kDeitTiny, machine);
  machine.taylor_pipeline->accumulator_array.initiation_interval = 2;
  EXPECT_GT(cycles_of(kDeitTiny, machine), fast);
}

// --- by hand ---

// One token of one feature on one PE; a read is answered in the cycle after its grant (+2 from the
// request), a written row's token is set two cycles after the row was due, and seen in the next.
constexpr AttentionShape kOne{1, 1, 1};

config::Accelerator one_pe(config::Overlap overlap) {
  config::Accelerator machine = machine_of(1, 1);
  machine.scratchpad.read_latency_cycles = 1;
  machine.post_processor.latency_cycles = 4;
  config::TaylorPipeline& pipeline = *machine.taylor_pipeline;
  pipeline.overlap = overlap;
  pipeline.accumulator_array.latency_cycles = 1;
  pipeline.adder_array.latency_cycles = 1;
  pipeline.divider_array.latency_cycles = 2;  // and eight digits
  pipeline.divider_array.radix_bits = 2;
  pipeline.divider_array.quotient_bits = 16;
  pipeline.sa_diag.latency_cycles = 1;
  return machine;
}

TEST(TaylorAttentionCycles, OfOneTokenAreTheChainFromTheSumOfKToTheContext) {
  // k_sum: released in 0, taken and asked for in 1, there in 3, due in 4; token in 6.
  // k_mean: released in 7, asked for in 8, there in 10, due in 10 + 10; token in 22.
  // k_hat: released in 23, taken in 24 with its table, asked for in 25, there in 27, due in 28;
  //   token in 30.
  // G: released in 31, asked for in 32. V there in 34, in the PE in 35; K_hat in the transpose
  //   buffer in 34, leaves it in 35, beat in 36. Sum in the accumulator buffer in 37, in the
  //   post-processor in 38, due in 42; token in 44.
  // Context: released in 45, asked for in 46. G there in 48, in the PE in 49; Q there in 48, beat
  //   in 50. T_N in the accumulator buffer in 51, in the adder array in 52, due in 53, in the
  //   divider array in 54, due in 64; token in 66.
  // Beside it: v_sum's token in 7, one cycle behind k_sum's; k_hat_sum's in 37, 7 cycles behind
  //   k_hat's; SA-Diag has taken Q in 49 and gives the divisor in 51.
  EXPECT_EQ(cycles_of(kOne, one_pe(config::Overlap::kIntraLayer)), 67);
}

TEST(TaylorAttentionCycles, OfOneTokenWithoutOverlapHaveTheSumsInTheChain) {
  // G's token in 44 as above. v_sum: released in 45; token in 51. k_hat_sum: released and asked for
  // a cycle later; token in 52. Context: 22 cycles from the token before to its own, as above.
  EXPECT_EQ(cycles_of(kOne, one_pe(config::Overlap::kNone)), 52 + 22 + 1);
}

TEST(TaylorAttentionCycles, OfOneTokenWithDeferredCentringDoNotWaitForKHat) {
  config::Accelerator machine = one_pe(config::Overlap::kIntraLayer);
  machine.taylor_pipeline->centering = config::Centering::kDeferred;
  // k_mean's token in 22; K^T V's sum has long left the array.
  // Correction: released in 23, taken in 24, its two tables asked for in 24 and 25; the row is
  //   taken when the second has come, in 27, due in 28; G's token in 30.
  // Residue of K_hat, behind it: asked for in 26 and 27, two operands; the first comes behind the
  //   row of sums in 28, the second in 29, due in 30; token in 32.
  // Context: released in 31, asked for in 32, beat in 36, T_N out in 37. SA-Diag: released in 33,
  //   taken in 34, its vector there in 36 and in the column in 37 when Q passes; divisor in 39.
  //   T_N in the adder array in 38, due in 39, in the divider array in 40, due in 50; token in 52.
  EXPECT_EQ(cycles_of(kOne, machine), 53);
  machine.taylor_pipeline->denominator = config::Denominator::kConstant;
  EXPECT_EQ(cycles_of(kOne, machine), 53) << "the divisor was not waited for";
}

TEST(TaylorAttentionCycles, OfAHeadBeginWhenTheHeadBeforeIsDone) {
  for (const auto overlap : {config::Overlap::kNone, config::Overlap::kIntraLayer}) {
    const config::Accelerator machine = one_pe(overlap);
    EXPECT_EQ(cycles_of({1, 4, 1}, machine), 4 * cycles_of(kOne, machine));
  }
}

TEST(TaylorAttentionCycles, OfOneTokenGrowWithEachLatencyOfTheChainAsOftenAsItOccurs) {
  const auto changed = [](const Change& change) {
    config::Accelerator machine = one_pe(config::Overlap::kIntraLayer);
    change(machine);
    return cycles_of(kOne, machine) - 67;
  };
  // k_sum, k_mean, k_hat, operands of G, operands of the context.
  EXPECT_EQ(changed([](auto& m) { m.scratchpad.read_latency_cycles += 10; }), 5 * 10);
  EXPECT_EQ(changed([](auto& m) { m.post_processor.latency_cycles += 10; }), 10);
  EXPECT_EQ(changed([](auto& m) { m.taylor_pipeline->accumulator_array.latency_cycles += 5; }), 5);
  EXPECT_EQ(changed([](auto& m) { m.taylor_pipeline->adder_array.latency_cycles += 10; }), 2 * 10);
  EXPECT_EQ(changed([](auto& m) { m.taylor_pipeline->divider_array.latency_cycles += 10; }),
            2 * 10);
  // The divisor has two cycles to spare.
  EXPECT_EQ(changed([](auto& m) { m.taylor_pipeline->sa_diag.latency_cycles += 10; }), 10 - 2);
}

// --- against each other ---

TEST(TaylorAttentionCycles, AreTheFewerTheMoreOverlaps) {
  for (const auto denominator : {config::Denominator::kComputed, config::Denominator::kConstant}) {
    for (const auto centering : {config::Centering::kBefore, config::Centering::kDeferred}) {
      for (const AttentionShape& shape :
           {AttentionShape{50, 2, 16}, kDeitTiny, AttentionShape{577, 6, 64}}) {
        config::Accelerator machine = machine_of(64, 64);
        machine.taylor_pipeline->denominator = denominator;
        machine.taylor_pipeline->centering = centering;
        const auto with = [&](config::Overlap overlap) {
          machine.taylor_pipeline->overlap = overlap;
          return cycles_of(shape, machine);
        };
        const Cycles across_heads = with(config::Overlap::kAcrossHeads);
        EXPECT_GE(with(config::Overlap::kNone), with(config::Overlap::kIntraLayer));
        EXPECT_GE(with(config::Overlap::kIntraLayer), across_heads);
        EXPECT_GT(across_heads, taylor_array_beats(shape, machine.pe_array));
      }
    }
  }
}

}  // namespace
}  // namespace vitsim::timing
