// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/accumulator_buffer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "vitsim/kernels/add.h"
#include "vitsim/timing/array.h"

namespace vitsim::hw {

AccumulatorBuffer::AccumulatorBuffer(const sc_core::sc_module_name& name,
                                     const config::Accelerator& machine, Clock& clock)
    : Ticked(name, clock),
      array_(machine.pe_array),
      kept_(machine.accumulator_buffer.rows, timing::sums_width(machine.pe_array)) {}

void AccumulatorBuffer::tick() {
  // 1. whose rows come next
  if (command_ == nullptr) {
    if (!commands_in->can_read()) {
      return;
    }
    command_ = commands_in->front().command;
    commands_in->pop();
    const auto& shape = std::get<mapping::MatmulTile>(command_->work).shape;
    passes_ = timing::sum_passes(shape, array_);
    rows_ = timing::sum_rows(shape, array_);
    wake();
  }
  const auto& tile = std::get<mapping::MatmulTile>(command_->work);
  const bool completes = tile.last && pass_ == passes_ - 1;
  StreamWriter<SumRows>& out = sums_out.of(tile.sink);
  if (!sums_in->can_read() || (completes && !out.can_write())) {
    return;
  }
  // 2. add what was kept, keep or pass on
  SumRows& beat = sums_in->front();
  const auto width = beat.sums.size() / static_cast<std::size_t>(beat.rows);
  const auto sums = std::span(beat.sums).subspan(static_cast<std::size_t>(taken_) * width, width);
  const bool adds = !tile.first || pass_ > 0;
  if (completes) {
    if (adds) {
      kernels::add_rows(sums, std::as_const(kept_).row(row_).first(width));
    }
    if (beat.rows == 1) {
      out.write(beat);
    } else {
      out_.rows = 1;
      out_.sums.assign(sums.begin(), sums.end());
      out.write(out_);
    }
    ++passed_rows_;
  } else {
    const auto kept = kept_.row(row_).first(width);
    if (adds) {
      kernels::add_rows(kept, sums);
    } else {
      std::ranges::copy(sums, kept.begin());
    }
    ++kept_rows_;
  }
  if (++taken_ >= beat.rows) {
    taken_ = 0;
    sums_in->pop();
  }
  // 3. the next row, pass, command
  if (++row_ == rows_) {
    row_ = 0;
    if (++pass_ == passes_) {
      pass_ = 0;
      if (!tile.last || tile.sink != mapping::SumSink::kPostProcessor) {
        tokens_out->set(command_->done);
      }
      command_ = nullptr;
    }
  }
  wake();
}

void AccumulatorBuffer::reset() {
  command_ = nullptr;
  pass_ = 0;
  row_ = 0;
  taken_ = 0;
  stats_.reset();
}

std::string AccumulatorBuffer::status() const {
  return command_ == nullptr ? "no command" : fmt::format("row {} of pass {}", row_, pass_);
}

}  // namespace vitsim::hw
