// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/hw/pe_array.h"

namespace vitsim::hw {

/// A systolic array that holds sums: output_stationary.
///
/// Timing: a column of lhs, down the rows of PEs, and a row of rhs, along the columns, enter
/// together, one pair a cycle, K a fold. With a hidden drain a row of PEs lets its sums go as its
/// last PE finishes, row r of R in the cycle r + C - 1 after the fold's last pair entered; a fold
/// that is not as high as the array lies at the bottom, so its last row always leaves R + C - 2
/// cycles after. Short folds may let several rows go in a cycle. With an exposed drain sums are
/// shifted down the columns when all are finished: R cycles more, and the last pair of the next
/// fold enters R cycles after this one's at the earliest.
class OutputStationaryArray : public PeArray {
 public:
  OutputStationaryArray(const sc_core::sc_module_name& name, const config::PeArray& config,
                        std::unique_ptr<OutputDatapath> datapath, std::size_t layers, Clock& clock);
  void reset() override;

 private:
  Entered enter(Cycles array_now) override;
  [[nodiscard]] stats::StallCause waits_for(const Fold& fold) const override;

  /// Whether the fold's next pair may enter, as far as sums inside are concerned.
  [[nodiscard]] bool may_enter(const Fold& fold) const;

  std::unique_ptr<OutputDatapath> datapath_;
  Cycles array_now_ = 0;
  Cycles last_pair_ = -1;  ///< array cycle in which a fold's last pair entered
};

}  // namespace vitsim::hw
