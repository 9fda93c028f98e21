// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "vitsim/core/units.h"
#include "vitsim/stats/activity.h"

/// What a machine did, event by event: recorded into a file, or compared with one.
namespace vitsim::trace {

/// How much is recorded; each has all that those before it have.
enum class Level : std::uint8_t {
  kCommands,  ///< starts and ends of commands, with the stalls between
  kTiles,     ///< and the values of every tile of results
  kBeats,     ///< and every transaction of scratchpad and DRAM
};

/// The sequencer releases a command. Commands have their numbers in the program; units, layers,
/// tensors and requesters theirs in the trace's header.
struct Released {
  Cycles cycle = 0;
  std::int64_t command = 0;
  std::uint8_t unit = 0;
  std::int64_t layer = 0;
  friend bool operator==(const Released&, const Released&) = default;
};

/// Cycles that a unit was stalled for one cause.
struct Stall {
  stats::StallCause cause{};
  Cycles cycles = 0;
  friend bool operator==(const Stall&, const Stall&) = default;
};

/// A command is done: its token is set.
struct Done {
  Cycles cycle = 0;
  std::int64_t command = 0;
  /// Of its unit for its layer since the layer's command before was done there, by cause; of
  /// commands that are done in one cycle the first has them.
  std::vector<Stall> stalls;
  friend bool operator==(const Done&, const Done&) = default;
};

/// The values that a command wrote into the scratchpad, whatever the order they came in.
struct Tile {
  Cycles cycle = 0;  ///< in which the command is done
  std::int64_t command = 0;
  std::int64_t tensor = 0;
  std::int64_t row = 0;  ///< of the tensor, the first of the tile
  std::int64_t col = 0;
  std::int64_t cols = 0;
  std::uint64_t hash = 0;          ///< of all bytes
  std::vector<std::uint8_t> rows;  ///< eight bits of the hash of each row, to find a difference
  friend bool operator==(const Tile&, const Tile&) = default;
};

enum class Port : std::uint8_t { kScratchpadRead, kScratchpadWrite, kDramRead, kDramWrite };
inline constexpr int kPorts = 4;

/// Bytes that cross a port of a memory in a cycle.
struct Transaction {
  Cycles cycle = 0;
  Port port{};
  std::uint8_t requester = 0;
  Bytes address = 0;
  Bytes bytes = 0;
  std::uint32_t hash = 0;  ///< of the bytes
  friend bool operator==(const Transaction&, const Transaction&) = default;
};

using Event = std::variant<Released, Done, Tile, Transaction>;

/// None of a transaction.
inline std::optional<std::int64_t> command_of(const Event& event) {
  struct CommandOf {
    std::optional<std::int64_t> operator()(const Released& one) const { return one.command; }
    std::optional<std::int64_t> operator()(const Done& one) const { return one.command; }
    std::optional<std::int64_t> operator()(const Tile& one) const { return one.command; }
    std::optional<std::int64_t> operator()(const Transaction& /*one*/) const { return {}; }
  };
  return std::visit(CommandOf(), event);
}

inline Cycles cycle_of(const Event& event) {
  return std::visit([](const auto& one) { return one.cycle; }, event);
}

}  // namespace vitsim::trace
