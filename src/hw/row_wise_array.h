// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/hw/pe_array.h"

namespace vitsim::hw {

/// P rows of B blocks of m MACs, row_wise. A row holds a token; the weights of a column enter B m
/// at a time and serve all rows, each MAC with its own element of the token. A block adds up its
/// products in an accumulator; after the column's last weights an adder tree a row sums up the
/// blocks.
///
/// Timing: a piece of a column a cycle; the column's sums leave ceil(log2 B) cycles after its last
/// piece. A block of P tokens enters in one cycle, with the first weights that meet it.
class RowWiseArray : public PeArray {
 public:
  RowWiseArray(const sc_core::sc_module_name& name, const config::PeArray& config,
               std::unique_ptr<RowWiseDatapath> datapath, std::size_t layers, Clock& clock);

 private:
  Entered enter(Cycles array_now) override;
  [[nodiscard]] stats::StallCause waits_for(const Fold& fold) const override;

  std::unique_ptr<RowWiseDatapath> datapath_;
};

}  // namespace vitsim::hw
