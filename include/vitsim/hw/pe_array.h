// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/matrix.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/rows.h"
#include "vitsim/hw/stream.h"
#include "vitsim/stats/activity.h"
#include "vitsim/stats/counters.h"

namespace vitsim::hw {

/// R x C processing elements, systolic, weight-stationary, in the wavefront form: a row of sums is
/// computed when its operands enter and leaves in the cycle in which the registers would let it go.
/// Skew and deskew registers are inside; psums flow down.
///
/// Timing: a fold's weights enter in R beats, the last row of PEs first. Then its rows of operands
/// enter, one a cycle; each leaves R + C - 2 cycles later. With overlap_folds the next fold's
/// weights enter shadow registers from the cycle in which this fold's first operands do; without,
/// from the cycle after this fold's last sums left. While sums that are due find no room, the whole
/// array stands still: nothing enters. Not modelled: the registers one by one.
class PeArray : public Ticked {
 public:
  StreamIn<CommandBeat> commands_in{"commands_in", *this};
  StreamIn<OperandRow> weights_in{"weights_in", *this};
  StreamIn<OperandRow> rows_in{"rows_in", *this};
  StreamOut<SumRow> sums_out{"sums_out", *this};

  /// `stationary_bits`: the widest operand that is loaded.
  PeArray(const sc_core::sc_module_name& name, const config::PeArray& config, int stationary_bits,
          std::size_t layers, Clock& clock);
  void reset() override;
  [[nodiscard]] std::string status() const override;
  [[nodiscard]] stats::Activity& activity() { return activity_; }
  [[nodiscard]] stats::Group& stats() { return stats_; }

 private:
  /// One fold: its weights load, then its rows stream.
  struct Fold {
    std::int64_t m = 0;
    std::int64_t k = 0;  ///< rows of PEs in use
    std::int64_t n = 0;  ///< columns in use
    int layer = 0;
    std::int64_t loaded = 0;    ///< rows of PEs whose weights have entered
    Cycles last_load = -1;      ///< when the last of them did
    std::int64_t streamed = 0;  ///< rows of operands that have entered
  };
  /// Sums on their way through the array.
  struct Wave {
    Cycles due = 0;  ///< in cycles in which the array did not stand still
    SumRow row;
  };

  void tick() override;
  bool take_command();
  bool load_weights();
  bool stream_row();
  bool deliver();
  [[nodiscard]] bool stands_still() const;
  [[nodiscard]] bool may_load() const;
  void note(bool loaded, bool streamed, bool delivered);

  const config::PeArray& config_;
  int stationary_bits_;
  Cycles latency_;
  std::deque<Fold> folds_;  ///< oldest first
  IntMatrix active_;        ///< the streaming fold's weights
  IntMatrix shadow_;        ///< the next fold's
  std::deque<Wave> waves_;
  std::vector<SumRow> spare_;
  Cycles still_cycles_ = 0;  ///< cycles in which the array stood still
  Cycles still_since_ = -1;
  Cycles last_sum_left_ = -1;
  int layer_ = 0;  ///< whose operands entered last, or enter next
  stats::Activity activity_;
  stats::Group stats_{"pe_array"};
  stats::Counter& folds_done_ = stats_.counter("folds", "folds streamed");
  stats::Counter& rows_streamed_ = stats_.counter("rows", "rows of operands that entered");
};

}  // namespace vitsim::hw
