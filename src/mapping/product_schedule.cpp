// SPDX-License-Identifier: Apache-2.0
#include "product_schedule.h"

#include <algorithm>

#include "vitsim/timing/array.h"

#include "pad_access.h"

namespace vitsim::mapping {

ProductSchedule::ProductSchedule(const config::Accelerator& machine)
    : machine_(machine), clock_(machine) {}

/// Whether the left operand's columns are read element by element (hw::OperandFetcher).
bool ProductSchedule::gathers(const MatmulTile& tile) const {
  return machine_.taylor_pipeline && tile.lhs_transposed &&
         machine_.taylor_pipeline->feature_reads == config::FeatureReads::kGather;
}

timing::FetchBlock ProductSchedule::fetch_block(const OperandBlock& shape, const Operand& operand,
                                                bool gathers) {
  timing::FetchBlock block;
  block.beats = shape.beats();
  block.rows_per_beat = shape.rows_per_beat;
  if (gathers && shape.order == OperandBlock::Order::kColumns) {
    block.reads = shape.cols;
    const auto read = timing::strided_access(shape.rows, operand.region.pitch, machine_.scratchpad);
    block.read_cycles = read.cycles;
    words_ += read.words * block.reads;
    return block;
  }
  block.reads = shape.reads();
  block.buffered = shape.order != OperandBlock::Order::kRows;
  block.padding_beats = shape.padding / shape.rows_per_beat;
  const std::int64_t pieces = block.buffered ? 1 : shape.pieces();
  const std::int64_t piece = pieces == 1 ? shape.cols : shape.piece;
  const auto last = line_access(operand, shape.cols - (pieces - 1) * piece, machine_.scratchpad);
  block.read_cycles = last.cycles;
  std::int64_t words = last.words;
  if (pieces > 1) {
    const auto whole = line_access(operand, piece, machine_.scratchpad);
    // No more than the mean of the pieces of a row.
    block.read_cycles = ((pieces - 1) * whole.cycles + last.cycles) / pieces;
    words += (pieces - 1) * whole.words;
  }
  words_ += shape.rows * words;
  return block;
}

void ProductSchedule::stream_one(const MatmulTile& tile) {
  const auto& array = machine_.pe_array;
  const bool gather = gathers(tile);
  OperandWalk lhs(tile.shape, tile.lhs_transposed, Side::kLhs, array);
  OperandWalk rhs(tile.shape, tile.rhs_transposed, Side::kRhs, array);
  const bool holds_lhs = stationary_side(array) == Side::kLhs;
  OperandWalk& held = holds_lhs ? lhs : rhs;
  OperandWalk& streams = holds_lhs ? rhs : lhs;
  const std::int64_t folds = timing::tile_folds(tile.shape, array);
  for (std::int64_t i = 0; i < folds; ++i) {
    clock_.load(fetch_block(held.next(), holds_lhs ? tile.lhs : tile.rhs, holds_lhs && gather));
    const std::int64_t beats = timing::tile_fold(tile.shape, array, i).beats;
    beats_ += beats;
    for (std::int64_t beat = 0; beat < beats;) {
      const auto block =
          fetch_block(streams.next(), holds_lhs ? tile.rhs : tile.lhs, !holds_lhs && gather);
      clock_.stream(block, beat == 0, beat + block.beats >= beats);
      beat += block.beats;
    }
  }
}

/// An array that holds sums takes both operands at a time.
void ProductSchedule::stream_both(const MatmulTile& tile) {
  const auto& array = machine_.pe_array;
  const bool gather = gathers(tile);
  OperandWalk lhs_walk(tile.shape, tile.lhs_transposed, Side::kLhs, array);
  OperandWalk rhs_walk(tile.shape, tile.rhs_transposed, Side::kRhs, array);
  const std::int64_t folds = timing::tile_folds(tile.shape, array);
  for (std::int64_t i = 0; i < folds; ++i) {
    const std::int64_t beats = timing::tile_fold(tile.shape, array, i).beats;
    beats_ += beats;
    timing::FetchBlock lhs;
    timing::FetchBlock rhs;
    std::int64_t lhs_left = 0;
    std::int64_t rhs_left = 0;
    for (std::int64_t beat = 0; beat < beats;) {
      const bool lhs_begins = lhs_left == 0;
      const bool rhs_begins = rhs_left == 0;
      if (lhs_begins) {
        lhs = fetch_block(lhs_walk.next(), tile.lhs, gather);
        lhs_left = lhs.beats;
      }
      if (rhs_begins) {
        rhs = fetch_block(rhs_walk.next(), tile.rhs, false);
        rhs_left = rhs.beats;
      }
      const std::int64_t pairs = std::min(lhs_left, rhs_left);
      lhs_left -= pairs;
      rhs_left -= pairs;
      clock_.stream_pairs(pairs, {&lhs, lhs_begins, lhs_left == 0},
                          {&rhs, rhs_begins, rhs_left == 0}, beat == 0, beat + pairs >= beats);
      beat += pairs;
    }
  }
}

timing::SumFinish ProductSchedule::finish_of(const MatmulTile& tile) {
  timing::SumFinish finish;
  finish.completes = tile.last;
  finish.to_post_processor = tile.sink == SumSink::kPostProcessor;
  const auto reads = [&](const std::optional<Operand>& operand, std::int64_t times) {
    if (!tile.last || !operand) {
      return Cycles{0};
    }
    const auto access = line_access(*operand, operand->tile.cols, machine_.scratchpad);
    words_ += access.words * times;
    return access.cycles;
  };
  finish.params_cycles = reads(tile.params, 1);
  finish.residual_cycles = reads(tile.residual, tile.shape.m);
  finish.write_cycles = reads(tile.out, tile.shape.m);
  return finish;
}

Cycles ProductSchedule::product(Cycles released, const MatmulTile& tile) {
  released_ = std::max(released, clock_.queue_taken(machine_.sequencer.queue_depth) + 1);
  beats_ = 0;
  clock_.begin(released_, tile.shape);
  if (timing::type_of(machine_.pe_array) == timing::ArrayType::kOutputStationary) {
    stream_both(tile);
  } else {
    stream_one(tile);
  }
  return clock_.finish(finish_of(tile));
}

}  // namespace vitsim::mapping
