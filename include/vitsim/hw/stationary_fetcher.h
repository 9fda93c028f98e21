// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/matrix.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/rows.h"
#include "vitsim/hw/scratchpad.h"

namespace vitsim::hw {

/// Reads the stationary operand of matmuls and loads it into the array, a row of PEs a beat, the
/// last row first, as rows shift down. Rows of PEs beyond K get zeros, which are not read.
///
/// An operand that lies as [n x k] (keys, token by token) goes through a transpose buffer of two
/// tiles: n rows of k elements are read into one while the other gives k rows of n.
///
/// Timing: asks for one row a cycle while fewer than operand_buffer_rows() are under way; passes
/// one beat a cycle. The transpose buffer gives its first beat the cycle after its last row came,
/// so a fold's operand takes max(n, R) cycles in the steady state: rows are asked for before a tile
/// is free and wait with those under way. Sets `rhs_read` when the last row is in the
/// transpose buffer, or is passed on.
class StationaryFetcher : public Ticked {
 public:
  StreamIn<CommandBeat> commands_in{"commands_in", *this};
  StreamOut<OperandRow> rows_out{"rows_out", *this};
  MemoryPortOut memory{"memory", *this};
  sc_core::sc_port<TokenSink> tokens_out{"tokens_out"};

  StationaryFetcher(const sc_core::sc_module_name& name, const config::Accelerator& machine,
                    Clock& clock);
  void reset() override;
  [[nodiscard]] std::string status() const override;

 private:
  /// One fold on its way: what is asked for, what has come, what was passed on.
  struct Fold {
    const mapping::MatmulTile* tile = nullptr;
    std::int64_t k = 0;      ///< first row of the operand
    std::int64_t count = 0;  ///< rows of PEs that it fills
    std::int64_t reads = 0;  ///< rows to be read
    std::int64_t asked = 0;
    std::int64_t came = 0;
    std::int64_t passed = 0;
    Cycles complete = -1;  ///< when the transpose buffer held it all
    bool last = false;     ///< of its command
    IntMatrix buffer;      ///< [n x k], transposed operands only
  };

  void tick() override;
  bool take_command();
  bool ask_for_row();
  bool collect_transposed();
  bool pass_row();
  void row_came(Fold& fold);

  int array_rows_;
  int buffer_rows_;
  std::deque<Fold> folds_;
  int under_way_ = 0;
  OperandRow beat_;
  MemoryRequest request_;
};

}  // namespace vitsim::hw
