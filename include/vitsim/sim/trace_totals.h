// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "vitsim/sim/trace_header.h"
#include "vitsim/stats/activity.h"
#include "vitsim/trace/file.h"

namespace vitsim::sim {

/// A trace as a whole: what its events add up to.
struct TraceTotals {
  struct Layer {
    Cycles start = -1;
    Cycles end = 0;
    Cycles exclusive = 0;  ///< in which it was the oldest unfinished layer; they add up to cycles
  };
  struct Unit {
    Cycles occupied = 0;  ///< in which a command was released and not yet done
    std::array<Cycles, stats::kStallCauseCount> stalls{};
    [[nodiscard]] Cycles stalled() const;
  };
  struct Command {
    std::uint8_t unit = 0;
    std::int64_t layer = 0;
    Cycles released = 0;
    Cycles done = -1;
  };
  /// Tensor (by name), first row and column, rows and columns.
  using Place = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

  TraceHeader header;
  Cycles cycles = 0;
  std::vector<Layer> layers;  ///< as in the header
  std::vector<Unit> units;    ///< as in the header
  std::unordered_map<std::int64_t, Command> commands;
  std::vector<std::int64_t> order;  ///< of their release
  std::map<Place, trace::Tile> tiles;
  std::vector<Place> tile_order;  ///< by cycle
};

/// Reads a trace to its end. ModelError where its events name what its header has not.
TraceTotals read_totals(trace::Reader& reader, const std::string& file);

}  // namespace vitsim::sim
