// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "vitsim/sim/attention_run.h"
#include "vitsim/sim/layer_name.h"

namespace vitsim::sim {
namespace {

using stats::StallCause;

/// G leaves the array, goes through the post-processor, and is loaded again.
bool makes_g(std::string_view kind) { return kind == "attn.g"; }
bool takes_g(std::string_view kind) { return kind == "attn.taylor" || kind == "attn.low_rank"; }

ArrayTime meaning(StallCause cause, std::string_view kind) {
  switch (cause) {
    case StallCause::kWeightLoad:
    case StallCause::kStationaryOperand:
    case StallCause::kStreamOperand:
    case StallCause::kScratchpadRead:
      return takes_g(kind) ? ArrayTime::kTurnaround : ArrayTime::kFill;
    case StallCause::kDrain:
      return makes_g(kind) ? ArrayTime::kTurnaround : ArrayTime::kDrain;
    case StallCause::kOutputFull:
    case StallCause::kScratchpadWrite:
      return ArrayTime::kOutput;
    case StallCause::kDram:
    case StallCause::kWaitDmaLoad:
    case StallCause::kWaitDmaStore:
      return ArrayTime::kMemory;
    case StallCause::kWaitSoftmaxUnit:
      return ArrayTime::kSoftmax;
    case StallCause::kWaitPeArray:
    case StallCause::kWaitGeluUnit:
    case StallCause::kWaitLayerNormUnit:
    case StallCause::kWaitVectorUnit:
    case StallCause::kWaitAccumulatorArray:
    case StallCause::kWaitDividerArray:
    case StallCause::kWaitAdderArray:
    case StallCause::kWaitSaDiag:
    case StallCause::kSums:
      break;
  }
  return takes_g(kind) ? ArrayTime::kTurnaround : ArrayTime::kPreProcessing;
}

}  // namespace

ArrayTimes array_times(const ImageTiming& timing, const std::vector<mapping::Layer>& layers) {
  ArrayTimes times{};
  const auto add = [&](ArrayTime what, Cycles cycles) {
    times[static_cast<std::size_t>(what)] += cycles;
  };
  Cycles accounted = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].unit != mapping::Unit::kPeArray) {
      continue;
    }
    const stats::CycleCount& count = timing.layers[i].unit;
    const std::string kind = kind_of(layers[i].name);
    add(ArrayTime::kUseful, count.busy);
    for (std::size_t cause = 0; cause < count.stalls.size(); ++cause) {
      add(meaning(static_cast<StallCause>(cause), kind), count.stalls[cause]);
    }
    accounted += count.total();
  }
  add(ArrayTime::kPostProcessing, timing.cycles - accounted);
  return times;
}

}  // namespace vitsim::sim
