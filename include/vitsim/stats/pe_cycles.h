// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "vitsim/stats/activity.h"

namespace vitsim::stats {

/// Where a cycle of a processing element went. Adding one: a line here, one in the names, and what
/// docs/architecture.md lists.
enum class PeUse {
  kUseful,        ///< a product of two operands
  kEdgeTiles,     ///< operands enter, but this PE has only padding: the fold is smaller
  kFillAndDrain,  ///< nothing enters: the array waits for its last sums to leave
  kWeightLoad,    ///< the stationary operand enters, or waits for room
  kOperandWait,   ///< an operand is not there: still on its way, or not loaded or computed yet
  kOutputWait,    ///< sums find no room, or their place is not stored yet
  kOtherLayers,   ///< the array worked or waited for other layers
  kIdle,          ///< no product was known to wait
};
inline constexpr std::array<std::string_view, 8> kPeUseNames{
    "useful",       "edge_tiles",  "fill_and_drain", "weight_load",
    "operand_wait", "output_wait", "other_layers",   "idle"};
inline constexpr std::size_t kPeUseCount = kPeUseNames.size();

/// PE-cycles by use. Those of a stretch of time add up to PEs x cycles exactly.
struct PeCycles {
  std::array<std::int64_t, kPeUseCount> uses{};
  [[nodiscard]] std::int64_t operator[](PeUse use) const {
    return uses[static_cast<std::size_t>(use)];
  }
  [[nodiscard]] std::int64_t total() const;
  PeCycles& operator+=(const PeCycles& other);
  friend bool operator==(const PeCycles&, const PeCycles&) = default;
};

/// What the array did in a stretch of time.
struct ArrayWindow {
  Cycles cycles = 0;     ///< its length
  CycleCount own;        ///< what it did for the layer in question
  Cycles accounted = 0;  ///< cycles in which it worked or waited for any layer
};

/// The window between two readings of the array's activity.
ArrayWindow window_between(const Activity::Reading& start, const Activity::Reading& end);

/// The PE-cycles of a window. A cycle has one cause for the whole array (PeArray); in one in which
/// operands enter, `macs` tells useful PEs from those at the edge. A PE meets what enters in a
/// cycle some cycles later, so that its fill is counted as the drain of the array.
PeCycles pe_cycles(const ArrayWindow& window, std::int64_t macs, std::int64_t pes);

}  // namespace vitsim::stats
