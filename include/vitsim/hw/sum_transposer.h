// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/matrix.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/finished_sums.h"
#include "vitsim/hw/rows.h"
#include "vitsim/hw/stream.h"

namespace vitsim::hw {

/// Turns finished tiles: arrays that hold the left operand give columns of the result, and what
/// comes after them takes rows. Two buffers, each of accumulator_buffer.rows by the array's width:
/// one fills while the other empties.
///
/// Timing: takes a column a cycle; gives a tile's rows, one a cycle, from the cycle after its last
/// column came. Stalls while the stream that they take is full, and while both buffers are.
class SumTransposer : public Ticked {
 public:
  StreamIn<CommandBeat> commands_in{"commands_in", *this};
  StreamIn<SumRows> sums_in{"sums_in", *this};
  FinishedSums sums_out{*this};

  SumTransposer(const sc_core::sc_module_name& name, const config::Accelerator& machine,
                Clock& clock);
  void reset() override;
  [[nodiscard]] std::string status() const override;

 private:
  struct Buffer {
    Matrix<std::int64_t> sums;  ///< as they come: a row is a column of the result
    std::int64_t cols = 0;      ///< of the result
    std::int64_t rows = 0;
    std::int64_t came = 0;   ///< columns
    std::int64_t given = 0;  ///< rows
    bool complete = false;   ///< all columns have come, not all rows gone
    mapping::SumSink sink = mapping::SumSink::kPostProcessor;
  };
  void tick() override;
  bool take_column();
  bool give_row();

  std::array<Buffer, 2> buffers_;
  std::size_t filling_ = 0;
  std::size_t emptying_ = 0;
  bool knows_tile_ = false;  ///< whose columns come
  SumRows out_;
};

}  // namespace vitsim::hw
