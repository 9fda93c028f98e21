// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/estimate.h"

#include <algorithm>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "vitsim/core/random.h"
#include "vitsim/mapping/mapper.h"
#include "vitsim/timing/gemm.h"

#include "support/random_case.h"

namespace vitsim::mapping {
namespace {

/// A scratchpad that serves every request in a cycle.
config::Accelerator wide_machine() {
  config::Accelerator machine;
  machine.scratchpad.banks = 64;
  machine.scratchpad.bank_width_bytes = 64;
  machine.post_processor.lanes = 512;
  return machine;
}

Operand packed(Bytes address, std::int64_t rows, std::int64_t cols) {
  Operand operand;
  operand.region = {address, rows, cols, cols};
  operand.tile = {0, 0, 0, rows, cols};
  return operand;
}

/// A product of one tile that is on chip.
Command product(const model::GemmShape& shape) {
  MatmulTile tile;
  tile.shape = shape;
  tile.lhs = packed(0, shape.m, shape.k);
  tile.rhs = packed(1 << 16, shape.k, shape.n);
  tile.out = packed(1 << 17, shape.m, shape.n);
  tile.lhs_read = 1;
  tile.rhs_read = 2;
  Command command;
  command.unit = Unit::kPeArray;
  command.done = 0;
  command.work = tile;
  return command;
}

/// From a command's release to its first operand in the array, and from the last sum to the token.
Cycles before_and_behind(const config::Accelerator& machine) {
  const Cycles before = 1 + 1 + machine.scratchpad.read_latency_cycles + 1;
  return before - 1 + 2 + machine.post_processor.latency_cycles + 2;
}

TEST(EstimateTest, AProductAloneTakesTheClosedFormOfItsFolds) {
  Random random(1);
  for (int i = 0; i < 500; ++i) {
    config::Accelerator machine = wide_machine();
    auto& array = machine.pe_array;
    array.rows = static_cast<int>(random.integer(1, 64));
    array.cols = static_cast<int>(random.integer(1, 64));
    array.overlap_folds = random.integer(0, 1) == 1;
    machine.scratchpad.read_latency_cycles = static_cast<int>(random.integer(1, 6));
    const model::GemmShape shape{random.integer(1, 200), random.integer(1, 4) * array.rows,
                                 random.integer(1, array.cols)};
    const std::vector<Command> commands{product(shape)};
    const Estimate result = estimate(commands, {}, machine);
    ASSERT_EQ(result.commands[0].done - result.commands[0].released,
              timing::gemm_cycles(shape, array) + before_and_behind(machine));
    ASSERT_EQ(result.cycles, result.commands[0].done + 1);
    ASSERT_EQ(result.busy[static_cast<std::size_t>(Unit::kPeArray)],
              timing::fold_count(shape, array) * shape.m);
  }
}

TEST(EstimateTest, ACommandIsReleasedTheCycleAfterItsTokens) {
  const config::Accelerator machine = wide_machine();
  std::vector<Command> commands{product({10, 64, 64}), product({10, 64, 64})};
  auto& second = std::get<MatmulTile>(commands[1].work);
  commands[1].done = 3;
  second.lhs_read = 4;
  second.rhs_read = 5;
  commands[1].waits = {0};
  const Estimate result = estimate(commands, {}, machine);
  EXPECT_EQ(result.commands[0].released, 0);
  EXPECT_EQ(result.commands[1].released, result.commands[0].done + 1);
}

TEST(EstimateTest, ColumnsBeyondTheLanesOfThePostProcessorTakeTheirCycles) {
  config::Accelerator machine = wide_machine();
  const std::vector<Command> commands{product({50, 64, 64})};
  const Cycles before = estimate(commands, {}, machine).cycles;
  machine.post_processor.lanes = 16;
  EXPECT_EQ(estimate(commands, {}, machine).cycles, before + 49 * 3);
}

TEST(EstimateTest, OfAStretchTokensFromBeforeAreSetFromTheBeginning) {
  const test::Case drawn = test::random_case(7);
  const Program program = map_program(drawn.graph, drawn.config.accelerator);
  const auto all = std::span(program.commands);
  const Estimate whole = estimate(all, drawn.graph, drawn.config.accelerator);
  for (std::size_t first = 0; first < all.size(); first += 1 + all.size() / 5) {
    const Estimate part = estimate(all.subspan(first), drawn.graph, drawn.config.accelerator);
    ASSERT_EQ(part.commands.size(), all.size() - first);
    EXPECT_LE(part.cycles, whole.cycles);
    EXPECT_GT(part.cycles, 0);
    for (std::size_t i = 0; i < part.commands.size(); ++i) {
      ASSERT_LE(part.commands[i].done, whole.commands[first + i].done);
    }
  }
}

TEST(EstimateTest, NothingTakesNoTime) {
  const Estimate result = estimate(std::span<const Command>{}, {}, wide_machine());
  EXPECT_EQ(result.cycles, 0);
  EXPECT_TRUE(result.commands.empty());
}

TEST(EstimateTest, LayersSpanTheirCommands) {
  const test::Case drawn = test::random_case(11);
  const Program program = map_program(drawn.graph, drawn.config.accelerator);
  const Estimate result = estimate(program, drawn.graph, drawn.config.accelerator);
  ASSERT_EQ(result.layers.size(), program.layers.size());
  Bytes read = 0;
  Cycles end = 0;
  for (const LayerTimes& layer : result.layers) {
    EXPECT_LE(0, layer.start);
    EXPECT_LT(layer.start, layer.end);
    EXPECT_GT(layer.busy, 0);
    read += layer.dram_read_bytes;
    end = std::max(end, layer.end);
  }
  EXPECT_EQ(read, result.dram_read_bytes);
  EXPECT_LE(end, result.cycles);
}

}  // namespace
}  // namespace vitsim::mapping
