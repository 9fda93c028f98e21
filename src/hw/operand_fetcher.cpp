// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/operand_fetcher.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "vitsim/model/encoding.h"

namespace vitsim::hw {
namespace {

using Order = mapping::OperandBlock::Order;

/// Blocks that the transpose buffer holds: one fills while the other empties.
constexpr std::size_t kBufferedBlocks = 2;

}  // namespace

OperandFetcher::OperandFetcher(const sc_core::sc_module_name& name, mapping::Side side,
                               const config::Accelerator& machine, Clock& clock)
    : Ticked(name, clock),
      side_(side),
      array_(machine.pe_array),
      gathers_(side == mapping::Side::kLhs && machine.taylor_pipeline &&
               machine.taylor_pipeline->feature_reads == config::FeatureReads::kGather) {
  const int ports = side == mapping::stationary_side(array_) ? mapping::stationary_rows(array_) : 1;
  for (int i = 0; i < ports; ++i) {
    memory.emplace_back(fmt::format("memory_{}", i).c_str(), *this);
  }
  under_way_limit_ = ports * operand_buffer_rows(machine.scratchpad.read_latency_cycles);
}

void OperandFetcher::tick() {
  // 1. a new command, where all rows of the last one are asked for
  bool moved = take_command();
  // 2. pass on the next beat, of what came in earlier cycles
  moved |= pass();
  // 3. fill the transpose buffer
  moved |= collect();
  // 4. ask for the next rows
  moved |= ask();
  // 5. sleep when nothing moved; commands, answers and room wake
  if (moved) {
    wake();
  }
}

bool OperandFetcher::take_command() {
  const bool all_asked =
      tile_ == nullptr ||
      (walk_.done() && (blocks_.empty() || blocks_.back().asked == blocks_.back().reads));
  if (!all_asked || !commands_in->can_read()) {
    return false;
  }
  tile_ = &std::get<mapping::MatmulTile>(commands_in->front().command->work);
  const bool transposed =
      side_ == mapping::Side::kLhs ? tile_->lhs_transposed : tile_->rhs_transposed;
  walk_ = mapping::OperandWalk(tile_->shape, transposed, side_, array_);
  commands_in->pop();
  return true;
}

/// Begins to ask for the next block, where there is one. Blocks that wait to be passed on are few:
/// not more than rows under way, and those of the transpose buffer.
bool OperandFetcher::begin_block() {
  if (!blocks_.empty() && blocks_.back().asked < blocks_.back().reads) {
    return true;
  }
  if (tile_ == nullptr || walk_.done()) {
    return false;
  }
  Block& block = blocks_.push_used();
  block.shape = walk_.next();
  block.operand = side_ == mapping::Side::kLhs ? tile_->lhs : tile_->rhs;
  if (gathers_ && tile_->lhs_transposed && block.shape.order == Order::kColumns) {
    gather(block);
  }
  block.shared = tile_->lhs_to_sa_diag && side_ == mapping::Side::kLhs;
  block.read = mapping::kNoToken;
  block.reads = block.shape.reads();
  block.beats = block.shape.beats();
  block.asked = block.came = block.passed = 0;
  if (walk_.done()) {
    block.read = side_ == mapping::Side::kLhs ? tile_->lhs_read : tile_->rhs_read;
  }
  return true;
}

/// Its columns are read one by one, as if they were rows.
void OperandFetcher::gather(Block& block) {
  mapping::OperandBlock& shape = block.shape;
  shape.order = Order::kRows;
  std::swap(shape.row, shape.col);
  std::swap(shape.rows, shape.cols);
  block.operand.by_column = true;
}

bool OperandFetcher::ask() {
  bool asked = false;
  for (std::size_t i = 0; i < memory.size(); ++i) {
    if (under_way_ == under_way_limit_ || !memory[next_ask_]->can_request() || !begin_block()) {
      break;
    }
    Block& block = blocks_.back();
    const mapping::OperandBlock& shape = block.shape;
    // A row that is cut into beats is read piece by piece.
    const std::int64_t pieces = shape.order == Order::kRows ? shape.pieces() : 1;
    const std::int64_t piece = pieces == 1 ? shape.cols : shape.piece;
    const std::int64_t line = block.asked / pieces;
    const std::int64_t col = block.asked % pieces * piece;
    // Rows of PEs are read in the order in which they enter: the last first.
    const bool last_first = shape.stationary && shape.order == Order::kRows;
    const std::int64_t row = shape.row + (last_first ? shape.rows - 1 - line : line);
    const std::int64_t elements = std::min(piece, shape.cols - col);
    request_.write = false;
    request_.aim(block.operand, row, shape.col + col, elements);
    memory[next_ask_]->request(request_);
    next_ask_ = (next_ask_ + 1) % memory.size();
    ++block.asked;
    ++under_way_;
    asked = true;
  }
  return asked;
}

/// Takes the oldest row that has come.
void OperandFetcher::take_row(Block& block, std::span<std::int16_t> row) {
  auto& port = memory[next_row_];
  model::decode(port->front().data, block.operand.element_bytes, row);
  port->pop();
  next_row_ = (next_row_ + 1) % memory.size();
  --under_way_;
  if (++block.came == block.reads && block.read != mapping::kNoToken) {
    tokens_out->set(block.read);
  }
}

bool OperandFetcher::collect() {
  bool collected = false;
  for (std::size_t i = 0; i < memory.size() && memory[next_row_]->can_read(); ++i) {
    std::size_t index = 0;
    while (blocks_[index].came == blocks_[index].reads) {
      ++index;
    }
    // A row that comes before there is room waits with the rows under way.
    Block& block = blocks_[index];
    if (!block.buffered() || index >= kBufferedBlocks) {
      break;
    }
    if (block.came == 0) {
      block.buffer.resize(static_cast<std::size_t>(block.shape.rows * block.shape.cols));
    }
    take_row(block, block.row(block.came));
    collected = true;
  }
  return collected;
}

bool OperandFetcher::pass() {
  if (blocks_.empty() || !rows_out->can_write()) {
    return false;
  }
  Block& block = blocks_.front();
  if (block.shared && !shared_out.can_write()) {
    return false;
  }
  const mapping::OperandBlock& shape = block.shape;
  if (!beat_is_there(block)) {
    return false;
  }
  if (block.buffered()) {
    mapping::fill_beat(shape, block.passed,
                       {block.buffer.data(), shape.rows, shape.cols, shape.cols}, beat_.values,
                       beat_.rows);
  } else {
    fill_from_memory(block);
  }
  if (block.shared) {
    shared_out.write(beat_);
  }
  rows_out->write(beat_);
  if (++block.passed == block.beats) {
    blocks_.pop();
  }
  return true;
}

/// Whether all that the next beat takes has come.
bool OperandFetcher::beat_is_there(const Block& block) const {
  if (block.buffered()) {
    return block.came == block.reads;
  }
  const mapping::OperandBlock& shape = block.shape;
  const std::int64_t wanted =
      shape.pieces() > 1
          ? 1
          : std::max<std::int64_t>(0, shape.end_line(block.passed) - shape.padding) - block.came;
  for (std::int64_t i = 0; i < wanted; ++i) {
    if (!memory[(next_row_ + static_cast<std::size_t>(i)) % memory.size()]->can_read()) {
      return false;
    }
  }
  return true;
}

/// A beat of rows that come straight from the memory.
void OperandFetcher::fill_from_memory(Block& block) {
  const mapping::OperandBlock& shape = block.shape;
  const std::int64_t first_line = shape.first_line(block.passed);
  const std::int64_t width = std::min(shape.piece, shape.cols - shape.first_element(block.passed));
  beat_.rows = shape.end_line(block.passed) - first_line;
  beat_.values.assign(static_cast<std::size_t>(beat_.rows * width), 0);
  for (std::int64_t i = 0; i < beat_.rows; ++i) {
    if (first_line + i >= shape.padding) {
      take_row(block, {beat_.values.data() + i * width, static_cast<std::size_t>(width)});
    }
  }
}

void OperandFetcher::reset() {
  tile_ = nullptr;
  walk_ = {};
  blocks_.clear();
  next_ask_ = 0;
  next_row_ = 0;
  under_way_ = 0;
}

std::string OperandFetcher::status() const {
  return fmt::format("{} blocks, {} rows asked for", blocks_.size(), under_way_);
}

}  // namespace vitsim::hw
