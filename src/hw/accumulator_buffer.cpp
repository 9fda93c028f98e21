// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/accumulator_buffer.h"

#include <fmt/format.h>

namespace vitsim::hw {

AccumulatorBuffer::AccumulatorBuffer(const sc_core::sc_module_name& name,
                                     const config::Accelerator& machine, Clock& clock)
    : Ticked(name, clock),
      array_rows_(machine.pe_array.rows),
      kept_(machine.accumulator_buffer.rows, machine.pe_array.cols) {}

void AccumulatorBuffer::tick() {
  // 1. whose rows come next
  if (command_ == nullptr) {
    if (!commands_in->can_read()) {
      return;
    }
    command_ = commands_in->front().command;
    commands_in->pop();
    folds_ =
        ceil_div<std::int64_t>(std::get<mapping::MatmulTile>(command_->work).shape.k, array_rows_);
    wake();
  }
  const auto& tile = std::get<mapping::MatmulTile>(command_->work);
  const bool completes = tile.last && fold_ == folds_ - 1;
  if (!sums_in->can_read() || (completes && !sums_out->can_write())) {
    return;
  }
  // 2. add what was kept, keep or pass on
  SumRow& row = sums_in->front();
  const auto kept = kept_.row(row_);
  if (!tile.first || fold_ > 0) {
    for (std::size_t n = 0; n < row.sums.size(); ++n) {
      row.sums[n] += kept[n];
    }
  }
  if (completes) {
    sums_out->write(row);
    ++passed_rows_;
  } else {
    std::copy(row.sums.begin(), row.sums.end(), kept.begin());
    ++kept_rows_;
  }
  sums_in->pop();
  // 3. the next row, fold, command
  if (++row_ == tile.shape.m) {
    row_ = 0;
    if (++fold_ == folds_) {
      fold_ = 0;
      if (!tile.last) {
        tokens_out->set(command_->done);
      }
      command_ = nullptr;
    }
  }
  wake();
}

void AccumulatorBuffer::reset() {
  command_ = nullptr;
  fold_ = 0;
  row_ = 0;
  stats_.reset();
}

std::string AccumulatorBuffer::status() const {
  return command_ == nullptr ? "no command" : fmt::format("row {} of fold {}", row_, fold_);
}

}  // namespace vitsim::hw
