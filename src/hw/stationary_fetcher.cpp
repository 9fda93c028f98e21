// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/stationary_fetcher.h"

#include <algorithm>

#include <fmt/format.h>

#include "vitsim/model/encoding.h"

namespace vitsim::hw {
namespace {

/// Folds that the transpose buffer holds: one fills while the other empties.
constexpr std::ptrdiff_t kTransposeTiles = 2;

}  // namespace

StationaryFetcher::StationaryFetcher(const sc_core::sc_module_name& name,
                                     const config::Accelerator& machine, Clock& clock)
    : Ticked(name, clock),
      array_rows_(machine.pe_array.rows),
      buffer_rows_(operand_buffer_rows(machine.scratchpad.read_latency_cycles)) {}

void StationaryFetcher::tick() {
  // 1. a new command, where all rows of the last one are asked for
  bool moved = take_command();
  // 2. pass on the next row of PEs
  moved |= pass_row();
  // 3. fill the transpose buffer
  moved |= collect_transposed();
  // 4. ask for the next row
  moved |= ask_for_row();
  // 5. sleep when nothing moved; commands, answers and room wake
  if (moved) {
    wake();
  }
}

bool StationaryFetcher::take_command() {
  const bool all_asked =
      std::all_of(folds_.begin(), folds_.end(), [](const Fold& f) { return f.asked == f.reads; });
  if (!all_asked || !commands_in->can_read()) {
    return false;
  }
  const auto& tile = std::get<mapping::MatmulTile>(commands_in->front().command->work);
  for (std::int64_t k = 0; k < tile.shape.k; k += array_rows_) {
    const std::int64_t count = std::min<std::int64_t>(array_rows_, tile.shape.k - k);
    Fold fold;
    fold.tile = &tile;
    fold.k = k;
    fold.count = count;
    fold.reads = tile.rhs_transposed ? tile.shape.n : count;
    fold.last = k + array_rows_ >= tile.shape.k;
    folds_.push_back(std::move(fold));
  }
  commands_in->pop();
  return true;
}

bool StationaryFetcher::ask_for_row() {
  if (under_way_ == buffer_rows_ || !memory->can_request()) {
    return false;
  }
  const auto fold =
      std::find_if(folds_.begin(), folds_.end(), [](const Fold& f) { return f.asked < f.reads; });
  if (fold == folds_.end()) {
    return false;
  }
  const mapping::Operand& operand = fold->tile->rhs;
  const bool transposed = fold->tile->rhs_transposed;
  // Straight operands are read in the order in which they enter: the last row of PEs first.
  const std::int64_t row = transposed ? fold->asked : fold->k + fold->count - 1 - fold->asked;
  const std::int64_t col = transposed ? fold->k : 0;
  const std::int64_t elements = transposed ? fold->count : fold->tile->shape.n;
  request_.write = false;
  request_.aim(operand, row, col, elements * operand.element_bytes);
  memory->request(request_);
  ++fold->asked;
  ++under_way_;
  return true;
}

void StationaryFetcher::row_came(Fold& fold) {
  memory->pop();
  --under_way_;
  if (++fold.came == fold.reads) {
    fold.complete = now();
    if (fold.last) {
      tokens_out->set(fold.tile->rhs_read);
    }
  }
}

bool StationaryFetcher::collect_transposed() {
  if (!memory->can_read()) {
    return false;
  }
  const auto fold =
      std::find_if(folds_.begin(), folds_.end(), [](const Fold& f) { return f.came < f.reads; });
  // A row that comes before a tile is free waits with the rows under way.
  if (!fold->tile->rhs_transposed || fold - folds_.begin() >= kTransposeTiles) {
    return false;
  }
  if (fold->came == 0) {
    fold->buffer = IntMatrix(fold->reads, fold->count);
  }
  model::decode(memory->front().data, fold->tile->rhs.element_bytes, fold->buffer.row(fold->came));
  row_came(*fold);
  return true;
}

bool StationaryFetcher::pass_row() {
  if (folds_.empty() || !rows_out->can_write()) {
    return false;
  }
  Fold& fold = folds_.front();
  const std::int64_t pe_row = array_rows_ - 1 - fold.passed;
  const bool padding = pe_row >= fold.count;
  const bool there = fold.tile->rhs_transposed ? fold.complete >= 0 && fold.complete < now()
                                               : padding || memory->can_read();
  if (!there) {
    return false;
  }
  beat_.values.assign(static_cast<std::size_t>(fold.tile->shape.n), 0);
  if (fold.tile->rhs_transposed) {
    for (std::int64_t n = 0; n < fold.tile->shape.n && !padding; ++n) {
      beat_.values[static_cast<std::size_t>(n)] = fold.buffer(n, pe_row);
    }
  } else if (!padding) {
    model::decode(memory->front().data, fold.tile->rhs.element_bytes, beat_.values);
    row_came(fold);
  }
  rows_out->write(beat_);
  if (++fold.passed == array_rows_) {
    folds_.pop_front();
  }
  return true;
}

void StationaryFetcher::reset() {
  folds_.clear();
  under_way_ = 0;
}

std::string StationaryFetcher::status() const {
  return fmt::format("{} folds, {} rows asked for", folds_.size(), under_way_);
}

}  // namespace vitsim::hw
