// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "vitsim/config/accelerator.h"
#include "vitsim/hw/array_datapath.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/fifo.h"
#include "vitsim/hw/stream.h"
#include "vitsim/stats/activity.h"
#include "vitsim/stats/counters.h"
#include "vitsim/stats/pe_cycles.h"
#include "vitsim/timing/array.h"

namespace vitsim::hw {

/// The array of processing elements: takes operands and gives sums, fold by fold (timing/array.h).
/// This is its control; what a kind of array does in a cycle is said by the classes derived from it
/// (make_pe_array), what is inside by its datapath, in two forms.
///
/// Timing: operands that enter meet in PE (r, c) r + c cycles later; skew and deskew registers are
/// inside, psums flow down. While sums that are due find no room, the whole array stands still and
/// nothing enters. Without overlap_folds a fold's first operand enters in the cycle after the last
/// sums of the fold before left.
class PeArray : public Ticked {
 public:
  StreamIn<CommandBeat> commands_in{"commands_in", *this};
  StreamIn<OperandRows> lhs_in{"lhs_in", *this};
  StreamIn<OperandRows> rhs_in{"rhs_in", *this};
  StreamOut<SumRows> sums_out{"sums_out", *this};

  void reset() override;
  [[nodiscard]] std::string status() const override;
  void add_signals(Signals& signals) const override;
  [[nodiscard]] stats::Activity& activity() { return activity_; }
  [[nodiscard]] stats::Group& stats() { return stats_; }
  /// When the first operand entered and the last sums left since reset; -1: not yet.
  [[nodiscard]] Cycles first_operand() const { return first_operand_; }
  [[nodiscard]] Cycles last_sum() const { return last_sum_left_; }
  /// The cycles from the first operand that entered to the last sums that left, inclusive; empty
  /// where nothing has. Once everything has left.
  [[nodiscard]] stats::ArrayWindow window();

 protected:
  /// A fold that waits or is streaming.
  struct Fold {
    timing::Fold size;
    model::GemmShape tile;
    int layer = 0;
    std::int64_t loaded = 0;    ///< rows of PEs whose stationary operand has entered
    std::int64_t streamed = 0;  ///< beats that have entered
  };
  /// What a cycle did.
  struct Entered {
    bool loaded = false;    ///< of a stationary operand
    bool streamed = false;  ///< a beat of a fold's operands
    bool waits = false;     ///< what is there may enter when waves inside have moved on
  };

  /// `inside` belongs to the derived class.
  PeArray(const sc_core::sc_module_name& name, const config::PeArray& config, ArrayDatapath& inside,
          std::size_t layers, Clock& clock);

  /// Lets enter what may in this cycle of the array.
  virtual Entered enter(Cycles array_now) = 0;
  /// Why nothing streams into the fold, where nothing loads either.
  [[nodiscard]] virtual stats::StallCause waits_for(const Fold& fold) const = 0;

  /// Nothing inside, and the last sums left before this cycle: the one in which they leave counts
  /// as drain.
  [[nodiscard]] bool drained() const;
  /// Counts a beat of the first fold with `macs` products of operands, not padding.
  void note_beat(std::int64_t macs);

  const config::PeArray& config_;
  Fifo<Fold> folds_;  ///< oldest first

 private:
  void tick() override;
  bool take_command();
  [[nodiscard]] bool stands_still() const;
  void account(Entered entered, bool delivered);

  ArrayDatapath& inside_;
  bool passes_straight_through_;  ///< operands may leave as sums in the cycle in which they enter
  const mapping::Command* command_ = nullptr;  ///< whose folds are not all in folds_
  int command_layer_ = 0;
  std::int64_t next_fold_ = 0;
  SumRows out_;
  Cycles still_cycles_ = 0;  ///< cycles in which the array stood still
  Cycles still_since_ = -1;
  Cycles first_operand_ = -1;
  stats::CycleCount before_;  ///< what the cycles before went into
  Cycles last_sum_left_ = -1;
  int layer_ = 0;  ///< whose operands entered last, or enter next
  stats::Activity activity_;
  stats::Group stats_{"pe_array"};
  stats::Counter& folds_done_ = stats_.counter("folds", "folds streamed");
  stats::Counter& beats_ = stats_.counter("beats", "cycles in which operands of a fold entered");
  stats::Counter& macs_ = stats_.counter("macs", "products of operands, without padding");
};

/// The array that `config` describes.
std::unique_ptr<PeArray> make_pe_array(const sc_core::sc_module_name& name,
                                       const config::PeArray& config, OperandBits bits,
                                       std::size_t layers, Clock& clock);

}  // namespace vitsim::hw
