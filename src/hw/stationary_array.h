// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/hw/pe_array.h"

namespace vitsim::hw {

/// A systolic array that holds an operand: rhs with weight_stationary, lhs with input_stationary.
///
/// Timing: a fold's stationary operand enters in ceil(R / weight_rows_per_cycle) beats, the last
/// row of PEs first. Then its rows of the other operand enter, one a cycle; each leaves R + C - 2
/// cycles later. With overlap_folds the next fold's operand enters the shadow registers behind the
/// wave of this fold's first row: a row of PEs is free for it when that wave has passed.
class StationaryArray : public PeArray {
 public:
  StationaryArray(const sc_core::sc_module_name& name, const config::PeArray& config,
                  std::unique_ptr<StationaryDatapath> datapath, std::size_t layers, Clock& clock);
  void reset() override;

 private:
  Entered enter(Cycles array_now) override;
  [[nodiscard]] stats::StallCause waits_for(const Fold& fold) const override;

  [[nodiscard]] Fold* loading();
  [[nodiscard]] bool may_load() const;
  bool load(Cycles array_now);
  bool stream(Cycles array_now);

  StreamIn<OperandRows>& stationary_in_;
  StreamIn<OperandRows>& streaming_in_;
  std::unique_ptr<StationaryDatapath> datapath_;
  bool waits_for_wave_ = false;  ///< a beat is there, but no row of PEs free for it
  Cycles last_load_ = -1;        ///< array cycle in which the stationary operand entered last
  Cycles first_beat_ = -1;       ///< ... in which the first beat of the streaming fold did
};

}  // namespace vitsim::hw
