// SPDX-License-Identifier: Apache-2.0
#include <numeric>
#include <string>

#include <gtest/gtest.h>

#include "vitsim/sim/attention_run.h"

namespace vitsim::sim {
namespace {

using mapping::Unit;
using stats::StallCause;

/// One layer of a unit that was busy for `busy` cycles and waited for so many for each cause.
struct Spent {
  std::string layer;
  Cycles busy = 0;
  std::vector<std::pair<StallCause, Cycles>> stalls;
  Unit unit = Unit::kPeArray;
};

ArrayTimes times_of(Cycles cycles, const std::vector<Spent>& spent) {
  ImageTiming timing;
  timing.cycles = cycles;
  std::vector<mapping::Layer> layers;
  for (const Spent& one : spent) {
    mapping::Layer& layer = layers.emplace_back();
    layer.name = one.layer;
    layer.unit = one.unit;
    stats::CycleCount& count = timing.layers.emplace_back().unit;
    count.busy = one.busy;
    for (const auto& [cause, waited] : one.stalls) {
      count.stalls[static_cast<std::size_t>(cause)] += waited;
    }
  }
  return array_times(timing, layers);
}

/// What a wait of a layer's is called.
ArrayTime meaning(const std::string& layer, StallCause cause) {
  const ArrayTimes times = times_of(1, {{layer, 0, {{cause, 1}}}});
  EXPECT_EQ(std::accumulate(times.begin(), times.end(), Cycles{0}), 1);
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i] == 1) {
      return static_cast<ArrayTime>(i);
    }
  }
  ADD_FAILURE() << "the wait was lost";
  return ArrayTime::kUseful;
}

constexpr std::array kOperandCauses{StallCause::kWeightLoad, StallCause::kStationaryOperand,
                                    StallCause::kStreamOperand, StallCause::kScratchpadRead};

TEST(ArrayTimes, OperandsThatAreOnTheirWayAreFillButForThoseOfGsProduct) {
  for (const StallCause cause : kOperandCauses) {
    for (const char* layer : {"blocks.0.attn.qk", "blocks.0.attn.av", "blocks.0.attn.g"}) {
      EXPECT_EQ(meaning(layer, cause), ArrayTime::kFill) << layer;
    }
    for (const char* layer : {"blocks.0.attn.taylor", "blocks.3.attn.low_rank"}) {
      EXPECT_EQ(meaning(layer, cause), ArrayTime::kTurnaround) << layer;
    }
  }
}

TEST(ArrayTimes, LastSumsAreDrainButForThoseOfG) {
  EXPECT_EQ(meaning("blocks.0.attn.g", StallCause::kDrain), ArrayTime::kTurnaround);
  for (const char* layer : {"blocks.0.attn.qk", "blocks.0.attn.taylor"}) {
    EXPECT_EQ(meaning(layer, StallCause::kDrain), ArrayTime::kDrain) << layer;
  }
}

TEST(ArrayTimes, WaitsForUnitsArePreProcessingBeforeGAndItsTurnaroundBehind) {
  for (const StallCause cause :
       {StallCause::kWaitPeArray, StallCause::kWaitAccumulatorArray, StallCause::kWaitDividerArray,
        StallCause::kWaitAdderArray, StallCause::kWaitVectorUnit}) {
    EXPECT_EQ(meaning("blocks.0.attn.g", cause), ArrayTime::kPreProcessing);
    EXPECT_EQ(meaning("blocks.0.attn.taylor", cause), ArrayTime::kTurnaround);
    EXPECT_EQ(meaning("blocks.0.attn.low_rank", cause), ArrayTime::kTurnaround);
  }
}

TEST(ArrayTimes, OutputMemoryAndSoftmaxAreTheSameInEveryLayer) {
  for (const char* layer : {"blocks.0.attn.g", "blocks.0.attn.taylor", "blocks.0.attn.av"}) {
    EXPECT_EQ(meaning(layer, StallCause::kOutputFull), ArrayTime::kOutput);
    EXPECT_EQ(meaning(layer, StallCause::kScratchpadWrite), ArrayTime::kOutput);
    EXPECT_EQ(meaning(layer, StallCause::kDram), ArrayTime::kMemory);
    EXPECT_EQ(meaning(layer, StallCause::kWaitDmaLoad), ArrayTime::kMemory);
    EXPECT_EQ(meaning(layer, StallCause::kWaitDmaStore), ArrayTime::kMemory);
    EXPECT_EQ(meaning(layer, StallCause::kWaitSoftmaxUnit), ArrayTime::kSoftmax);
  }
}

TEST(ArrayTimes, AddUpToTheImageWithWhatTheArrayHasNothingToDo) {
  const ArrayTimes times = times_of(
      100,
      {{"blocks.0.attn.k_sum", 90, {}, Unit::kAccumulatorArray},
       {"blocks.0.attn.g", 20, {{StallCause::kWaitAdderArray, 7}}},
       {"blocks.0.attn.taylor", 30, {{StallCause::kWeightLoad, 3}, {StallCause::kOutputFull, 5}}}});
  ArrayTimes expected{};
  const auto set = [&](ArrayTime what, Cycles cycles) {
    expected[static_cast<std::size_t>(what)] = cycles;
  };
  set(ArrayTime::kUseful, 50);
  set(ArrayTime::kPreProcessing, 7);
  set(ArrayTime::kTurnaround, 3);
  set(ArrayTime::kOutput, 5);
  set(ArrayTime::kPostProcessing, 35);
  EXPECT_EQ(times, expected);
}

}  // namespace
}  // namespace vitsim::sim
