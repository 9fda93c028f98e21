// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/matrix.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/fifo.h"
#include "vitsim/hw/rows.h"
#include "vitsim/hw/scratchpad.h"
#include "vitsim/mapping/operand_walk.h"

namespace vitsim::hw {

/// Reads one operand of matmuls and feeds it into the array, block by block (OperandWalk). Rows of
/// PEs beyond K get zeros, which are not read.
///
/// A block whose columns are beats, such as keys that lie token by token, goes through a transpose
/// buffer of two blocks: its rows are read into one while the other gives columns. So does a block
/// that enters as a whole. With `taylor_pipeline.feature_reads: gather` columns of K_hat are read
/// element by element instead, each in one request of the scratchpad.
///
/// Timing: asks for one row a port and cycle while fewer than operand_buffer_rows() a port are
/// under way; passes one beat a cycle, in the order of the walk. The transpose buffer gives a
/// block's first beat the cycle after its last row came, so that a block takes the longer of its
/// rows' reads and its beats in the steady state: rows are asked for before a block of the buffer
/// is free and wait with those under way. Goes on to the next command while rows of this one are
/// under way. Sets `lhs_read` or `rhs_read` when the last row is in the transpose buffer, or is
/// passed on.
class OperandFetcher : public Ticked {
 public:
  StreamIn<CommandBeat> commands_in{"commands_in", *this};
  StreamOut<OperandRows> rows_out{"rows_out", *this};
  /// To SA-Diag, where there is one: each beat of products that say so, when both have room.
  StreamFanOut<OperandRows> shared_out{"shared_out", *this};
  /// As many as rows may enter in a cycle: weight_rows_per_cycle, or one.
  std::deque<MemoryPortOut> memory;
  sc_core::sc_port<TokenSink> tokens_out{"tokens_out"};

  OperandFetcher(const sc_core::sc_module_name& name, mapping::Side side,
                 const config::Accelerator& machine, Clock& clock);
  void reset() override;
  [[nodiscard]] std::string status() const override;

 private:
  /// A block on its way: what is asked for, what has come, what was passed on.
  struct Block {
    mapping::OperandBlock shape;
    mapping::Operand operand;
    bool shared = false;                      ///< SA-Diag gets it, too
    mapping::Token read = mapping::kNoToken;  ///< set with its last row: the operand's last block
    std::int64_t reads = 0;
    std::int64_t beats = 0;
    std::int64_t asked = 0;
    std::int64_t came = 0;
    std::int64_t passed = 0;           ///< beats
    std::vector<std::int16_t> buffer;  ///< as it lies, where it is turned or whole
    [[nodiscard]] bool buffered() const {
      return shape.order != mapping::OperandBlock::Order::kRows;
    }
    [[nodiscard]] std::span<std::int16_t> row(std::int64_t index) {
      return std::span(buffer).subspan(static_cast<std::size_t>(index * shape.cols),
                                       static_cast<std::size_t>(shape.cols));
    }
  };

  void tick() override;
  bool take_command();
  bool begin_block();
  static void gather(Block& block);
  bool ask();
  bool collect();
  bool pass();
  [[nodiscard]] bool beat_is_there(const Block& block) const;
  void take_row(Block& block, std::span<std::int16_t> row);
  void fill_from_memory(Block& block);

  mapping::Side side_;
  const config::PeArray& array_;
  bool gathers_;  ///< columns are read element by element
  int under_way_limit_;
  const mapping::MatmulTile* tile_ = nullptr;  ///< the command whose blocks are asked for
  mapping::OperandWalk walk_;
  Fifo<Block> blocks_;        ///< oldest first; rows of the newest are asked for
  std::size_t next_ask_ = 0;  ///< port
  std::size_t next_row_ = 0;  ///< port
  int under_way_ = 0;
  OperandRows beat_;
  MemoryRequest request_;
};

}  // namespace vitsim::hw
