// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "vitsim/config/accelerator.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/rows.h"
#include "vitsim/hw/scratchpad.h"

namespace vitsim::hw {

/// Reads the streaming operand of matmuls and feeds the array's rows.
///
/// For each fold of a command all M rows, R elements of K at a time.
///
/// Timing: asks for one row a cycle while fewer than operand_buffer_rows() are asked for and not
/// passed on; passes one row a cycle. Goes on to the next command while the last rows of this one
/// are under way. Sets `lhs_read` as it passes on the last row: when it has come, if the array
/// takes it.
class StreamFetcher : public Ticked {
 public:
  StreamIn<CommandBeat> commands_in{"commands_in", *this};
  StreamOut<OperandRow> rows_out{"rows_out", *this};
  MemoryPortOut memory{"memory", *this};
  sc_core::sc_port<TokenSink> tokens_out{"tokens_out"};

  StreamFetcher(const sc_core::sc_module_name& name, const config::Accelerator& machine,
                Clock& clock);
  void reset() override;
  [[nodiscard]] std::string status() const override;

 private:
  void tick() override;
  bool pass_row();
  bool ask_for_row();

  struct Work {
    const mapping::MatmulTile* tile;
    std::int64_t rows_left;  ///< to be passed on
  };

  int array_rows_;
  int buffer_rows_;
  std::deque<Work> work_;        ///< oldest first; the newest is the one asked for
  std::int64_t folds_left_ = 0;  ///< folds of the newest whose rows are not all asked for
  std::int64_t row_ = 0;
  int under_way_ = 0;
  OperandRow beat_;
  MemoryRequest request_;
};

}  // namespace vitsim::hw
