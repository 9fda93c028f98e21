// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/stream_fetcher.h"

#include <algorithm>

#include <fmt/format.h>

#include "vitsim/model/encoding.h"

namespace vitsim::hw {

StreamFetcher::StreamFetcher(const sc_core::sc_module_name& name,
                             const config::Accelerator& machine, Clock& clock)
    : Ticked(name, clock),
      array_rows_(machine.pe_array.rows),
      buffer_rows_(operand_buffer_rows(machine.scratchpad.read_latency_cycles)) {}

void StreamFetcher::tick() {
  // 1. pass on the row that has come
  bool moved = pass_row();
  // 2. ask for the next
  moved |= ask_for_row();
  // 3. sleep when nothing moved; commands, answers and room wake
  if (moved) {
    wake();
  }
}

bool StreamFetcher::pass_row() {
  if (!memory->can_read() || !rows_out->can_write()) {
    return false;
  }
  Work& work = work_.front();
  const auto& data = memory->front().data;
  const int width = work.tile->lhs.element_bytes;
  beat_.values.resize(data.size() / static_cast<std::size_t>(width));
  model::decode(data, width, beat_.values);
  memory->pop();
  rows_out->write(beat_);
  --under_way_;
  if (--work.rows_left == 0) {
    tokens_out->set(work.tile->lhs_read);
    work_.pop_front();
  }
  return true;
}

bool StreamFetcher::ask_for_row() {
  bool moved = false;
  if (folds_left_ == 0 && row_ == 0 && commands_in->can_read()) {
    const auto& tile = std::get<mapping::MatmulTile>(commands_in->front().command->work);
    work_.push_back({&tile, tile.shape.m * ceil_div<std::int64_t>(tile.shape.k, array_rows_)});
    folds_left_ = ceil_div<std::int64_t>(tile.shape.k, array_rows_);
    commands_in->pop();
    moved = true;
  }
  if (folds_left_ == 0 || under_way_ == buffer_rows_ || !memory->can_request()) {
    return moved;
  }
  const mapping::MatmulTile& tile = *work_.back().tile;
  const auto folds = ceil_div<std::int64_t>(tile.shape.k, array_rows_);
  const std::int64_t k = (folds - folds_left_) * array_rows_;
  const std::int64_t count = std::min<std::int64_t>(array_rows_, tile.shape.k - k);
  const mapping::Operand& operand = tile.lhs;
  request_.write = false;
  request_.aim(operand, row_, k, count * operand.element_bytes);
  memory->request(request_);
  ++under_way_;
  if (++row_ == tile.shape.m) {
    row_ = 0;
    --folds_left_;
  }
  return true;
}

void StreamFetcher::reset() {
  work_.clear();
  folds_left_ = 0;
  row_ = 0;
  under_way_ = 0;
}

std::string StreamFetcher::status() const {
  return fmt::format("{} commands, {} rows asked for", work_.size(), under_way_);
}

}  // namespace vitsim::hw
