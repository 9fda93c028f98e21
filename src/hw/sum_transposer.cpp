// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/sum_transposer.h"

#include <algorithm>

#include <fmt/format.h>

#include "vitsim/timing/array.h"

namespace vitsim::hw {

SumTransposer::SumTransposer(const sc_core::sc_module_name& name,
                             const config::Accelerator& machine, Clock& clock)
    : Ticked(name, clock) {
  for (Buffer& buffer : buffers_) {
    buffer.sums =
        Matrix<std::int64_t>(machine.accumulator_buffer.rows, timing::sums_width(machine.pe_array));
  }
}

void SumTransposer::tick() {
  // 1. a row of the tile that was complete before this cycle
  bool moved = give_row();
  // 2. the next column of the one that is not
  moved |= take_column();
  // 3. sleep when nothing moved; columns, commands and room wake
  if (moved) {
    wake();
  }
}

bool SumTransposer::take_column() {
  Buffer& buffer = buffers_[filling_];
  if (buffer.complete) {
    return false;
  }
  if (!knows_tile_) {
    if (!commands_in->can_read()) {
      return false;
    }
    const auto& tile = std::get<mapping::MatmulTile>(commands_in->front().command->work);
    commands_in->pop();
    if (!tile.last) {
      return true;  // the accumulator buffer keeps these sums
    }
    knows_tile_ = true;
    buffer.cols = tile.shape.n;
    buffer.rows = tile.shape.m;
    buffer.came = 0;
    buffer.given = 0;
    buffer.sink = tile.sink;
  }
  if (!sums_in->can_read()) {
    return false;
  }
  std::ranges::copy(sums_in->front().sums, buffer.sums.row(buffer.came).begin());
  sums_in->pop();
  if (++buffer.came == buffer.cols) {
    buffer.complete = true;
    knows_tile_ = false;
    filling_ = 1 - filling_;
  }
  return true;
}

bool SumTransposer::give_row() {
  Buffer& buffer = buffers_[emptying_];
  if (!buffer.complete || !sums_out.of(buffer.sink).can_write()) {
    return false;
  }
  out_.rows = 1;
  out_.sums.resize(static_cast<std::size_t>(buffer.cols));
  for (std::int64_t n = 0; n < buffer.cols; ++n) {
    out_.sums[static_cast<std::size_t>(n)] = buffer.sums(n, buffer.given);
  }
  sums_out.of(buffer.sink).write(out_);
  if (++buffer.given == buffer.rows) {
    buffer.complete = false;
    emptying_ = 1 - emptying_;
  }
  return true;
}

void SumTransposer::reset() {
  for (Buffer& buffer : buffers_) {
    buffer.complete = false;
  }
  filling_ = 0;
  emptying_ = 0;
  knows_tile_ = false;
}

std::string SumTransposer::status() const {
  const Buffer& full = buffers_[emptying_];
  const Buffer& next = buffers_[filling_];
  return fmt::format("{}; {}",
                     full.complete ? fmt::format("{} of {} rows given", full.given, full.rows)
                                   : std::string("no tile complete"),
                     knows_tile_ ? fmt::format("{} of {} columns have come", next.came, next.cols)
                                 : std::string("none begun"));
}

}  // namespace vitsim::hw
