// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitsim/sim/trace_totals.h"

namespace vitsim::sim {

/// What two traces differ in. Layers, units and tensors are matched by name, commands by number
/// where both traces are of one program, tiles by place.
struct TraceDiff {
  /// Of both, or of one where the other has no such layer or unit: 0.
  struct Row {
    std::string name;
    Cycles before = 0;
    Cycles after = 0;
    [[nodiscard]] Cycles gained() const { return after - before; }
  };
  struct CommandTimes {
    std::int64_t command = 0;
    TraceTotals::Command before;
    TraceTotals::Command after;
  };
  struct Values {
    std::string tensor;
    std::int64_t row = 0;  ///< the first that differs by its eight bits, else the tile's first
    trace::Tile before;
    trace::Tile after;
  };

  std::vector<std::string> settings;  ///< keys of configuration and model that differ
  bool same_program = false;
  bool same_weights = false;
  bool same_input = false;
  Row total;
  std::vector<Row> layers;          ///< exclusive cycles; they add up to the total
  std::vector<Row> units;           ///< cycles with a command under way
  std::vector<Row> stalls;          ///< "unit: cause"
  std::int64_t commands_moved = 0;  ///< released or done in another cycle
  std::optional<CommandTimes> first_moved;
  std::int64_t tiles_compared = 0;
  std::int64_t tiles_changed = 0;
  std::optional<Values> first_changed;

  /// Whether cycles and values are the same.
  [[nodiscard]] bool same() const {
    return total.gained() == 0 && commands_moved == 0 && tiles_changed == 0 && same_program;
  }
};

TraceDiff diff(const TraceTotals& before, const TraceTotals& after);

/// For people; `all_layers`: those that take as long in both, too.
std::string diff_text(const TraceDiff& diff, const TraceTotals& before, const TraceTotals& after,
                      const std::string& before_file, const std::string& after_file,
                      bool all_layers);

}  // namespace vitsim::sim
