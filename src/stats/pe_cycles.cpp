// SPDX-License-Identifier: Apache-2.0
#include "vitsim/stats/pe_cycles.h"

#include <numeric>

namespace vitsim::stats {
namespace {

/// What a stall of the array means for its PEs.
PeUse use_of(StallCause cause) {
  switch (cause) {
    case StallCause::kWeightLoad:
      return PeUse::kWeightLoad;
    case StallCause::kDrain:
      return PeUse::kFillAndDrain;
    case StallCause::kOutputFull:
    case StallCause::kScratchpadWrite:
    case StallCause::kWaitDmaStore:
      return PeUse::kOutputWait;
    case StallCause::kStreamOperand:
    case StallCause::kStationaryOperand:
    case StallCause::kScratchpadRead:
    case StallCause::kDram:
    case StallCause::kWaitDmaLoad:
    case StallCause::kWaitPeArray:
    case StallCause::kWaitSoftmaxUnit:
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
  return PeUse::kOperandWait;
}

}  // namespace

std::int64_t PeCycles::total() const {
  return std::accumulate(uses.begin(), uses.end(), std::int64_t{0});
}

PeCycles& PeCycles::operator+=(const PeCycles& other) {
  for (std::size_t i = 0; i < uses.size(); ++i) {
    uses[i] += other.uses[i];
  }
  return *this;
}

ArrayWindow window_between(const Activity::Reading& start, const Activity::Reading& end) {
  ArrayWindow window{end.cycle - start.cycle, end.own, end.accounted - start.accounted};
  window.own -= start.own;
  return window;
}

PeCycles pe_cycles(const ArrayWindow& window, std::int64_t macs, std::int64_t pes) {
  PeCycles result;
  const auto add = [&](PeUse use, std::int64_t amount) {
    result.uses[static_cast<std::size_t>(use)] += amount;
  };
  add(PeUse::kUseful, macs);
  add(PeUse::kEdgeTiles, pes * window.own.busy - macs);
  Cycles own = window.own.busy;
  for (std::size_t cause = 0; cause < kStallCauseCount; ++cause) {
    add(use_of(static_cast<StallCause>(cause)), pes * window.own.stalls[cause]);
    own += window.own.stalls[cause];
  }
  add(PeUse::kOtherLayers, pes * (window.accounted - own));
  add(PeUse::kIdle, pes * (window.cycles - window.accounted));
  return result;
}

}  // namespace vitsim::stats
