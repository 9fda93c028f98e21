// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "vitsim/core/units.h"

namespace vitsim::stats {

/// Why a unit did not do its work in a cycle. Adding a cause: a line here and one in the names.
enum class StallCause {
  kWeightLoad,         ///< the array loads its stationary operand and streams nothing
  kDrain,              ///< the array waits for its last sums to leave
  kStreamOperand,      ///< no row of the streaming operand has come
  kStationaryOperand,  ///< no row of the stationary operand has come
  kOutputFull,         ///< the receiver of results takes none
  kScratchpadRead,     ///< a read has not been answered
  kScratchpadWrite,    ///< a write has not been granted
  kDram,               ///< DRAM has not answered
  kWaitDmaLoad,        ///< the next command waits for a load
  kWaitDmaStore,       ///< ... for a store
  kWaitPeArray,        ///< ... for a product
  kWaitSoftmaxUnit,
  kWaitGeluUnit,
  kWaitLayerNormUnit,
  kWaitVectorUnit,
  kWaitAccumulatorArray,
  kWaitDividerArray,
  kWaitAdderArray,
  kWaitSaDiag,
  kSums,  ///< no row of sums has come from the unit before
};
inline constexpr std::array<std::string_view, 20> kStallCauseNames{
    "weight_load",        "drain",
    "stream_operand",     "stationary_operand",
    "output_full",        "scratchpad_read",
    "scratchpad_write",   "dram",
    "wait_dma_load",      "wait_dma_store",
    "wait_pe_array",      "wait_softmax_unit",
    "wait_gelu_unit",     "wait_layer_norm_unit",
    "wait_vector_unit",   "wait_accumulator_array",
    "wait_divider_array", "wait_adder_array",
    "wait_sa_diag",       "sums"};
inline constexpr std::size_t kStallCauseCount = kStallCauseNames.size();

/// Where the cycles of a unit, or of a unit within a layer, went.
struct CycleCount {
  Cycles busy = 0;
  std::array<Cycles, kStallCauseCount> stalls{};
  CycleCount& operator+=(const CycleCount& other);
  CycleCount& operator-=(const CycleCount& other);
  [[nodiscard]] Cycles total() const;  ///< busy and stalled
};

class ArrayWaits;

/// What a unit does, from cycle to cycle, by layer. States hold until the next one is set, so a
/// sleeping unit costs nothing; a unit that was busy in a cycle must say in the next what it is
/// then.
class Activity {
 public:
  explicit Activity(std::size_t layers) : by_layer_(layers) {}

  void busy(Cycles now, int layer) { set(now, {layer, std::nullopt}); }
  void stall(Cycles now, int layer, StallCause cause) { set(now, {layer, cause}); }
  void idle(Cycles now) { set(now, {}); }

  /// From `now` on, idle cycles are stalls of `layer`: its command waits for another unit.
  void block(Cycles now, int layer, StallCause cause) {
    account(now);
    blocked_ = {layer, cause};
  }
  void unblock(Cycles now) {
    account(now);
    blocked_ = {};
  }

  /// Accounts for all cycles before `now`.
  void account(Cycles now);
  void reset();
  /// Is told of every change, before it takes place; none where null.
  void set_watcher(ArrayWaits* watcher) { watcher_ = watcher; }

  /// What is known of the cycles before `now`: the difference of two readings is a window.
  struct Reading {
    Cycles cycle = 0;
    CycleCount own;        ///< for the layer
    Cycles accounted = 0;  ///< busy or stalled, for any layer
  };
  Reading read(Cycles now, int layer);

  [[nodiscard]] const std::vector<CycleCount>& by_layer() const { return by_layer_; }
  [[nodiscard]] CycleCount total() const;
  /// Why the unit does not do its work now; nothing where it does, or has none.
  [[nodiscard]] std::optional<StallCause> cause() const {
    return state_.layer >= 0 ? state_.cause : blocked_.cause;
  }
  /// Whose work it does or is held from; -1 where it is idle.
  [[nodiscard]] int layer() const { return state_.layer >= 0 ? state_.layer : blocked_.layer; }
  [[nodiscard]] bool is_busy() const { return state_.layer >= 0 && !state_.cause; }
  /// For reports on a deadlock: "idle", "busy", the stall's name.
  [[nodiscard]] std::string_view state() const;

 private:
  struct State {
    int layer = -1;  ///< -1: idle
    std::optional<StallCause> cause;
    friend bool operator==(const State&, const State&) = default;
  };
  void set(Cycles now, State state) {
    if (state == state_) {
      return;
    }
    account(now);
    state_ = state;
  }

  std::vector<CycleCount> by_layer_;
  State state_;
  State blocked_;
  Cycles since_ = 0;
  Cycles accounted_ = 0;
  ArrayWaits* watcher_ = nullptr;
};

}  // namespace vitsim::stats
