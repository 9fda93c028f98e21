// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/operand_walk.h"

#include <algorithm>

namespace vitsim::mapping {

using timing::ArrayType;
using Order = OperandBlock::Order;

void fill_beat(const OperandBlock& block, std::int64_t index, MatrixView<const std::int16_t> values,
               std::vector<std::int16_t>& beat, std::int64_t& rows) {
  beat.clear();
  if (block.order == Order::kWhole) {
    rows = block.rows;
    for (std::int64_t r = 0; r < rows; ++r) {
      beat.insert(beat.end(), values.row(r).begin(), values.row(r).end());
    }
    return;
  }
  if (block.order == Order::kTurned) {
    rows = block.cols;
    for (std::int64_t c = 0; c < rows; ++c) {
      for (std::int64_t r = 0; r < block.rows; ++r) {
        beat.push_back(values(r, c));
      }
    }
    return;
  }
  const bool columns = block.order == Order::kColumns;
  const std::int64_t depth = columns ? block.cols : block.rows;
  const std::int64_t length = columns ? block.rows : block.cols;
  const std::int64_t first_line = block.first_line(index);
  const std::int64_t first = block.first_element(index);
  const std::int64_t width = std::min(block.piece, length - first);
  rows = block.end_line(index) - first_line;
  beat.resize(static_cast<std::size_t>(rows * width));
  for (std::int64_t i = 0; i < rows; ++i) {
    std::int16_t* const row = beat.data() + i * width;
    const std::int64_t line = first_line + i - block.padding;
    const std::int64_t at = block.stationary ? depth - 1 - line : line;
    if (line < 0) {
      std::fill_n(row, width, std::int16_t{0});
    } else if (columns) {
      for (std::int64_t r = 0; r < width; ++r) {
        row[r] = values(first + r, at);
      }
    } else {
      std::copy_n(values.row(at).begin() + first, width, row);
    }
  }
}

int stationary_rows(const config::PeArray& array) {
  return timing::type_of(array) == ArrayType::kOutputStationary
             ? 1
             : std::min(array.weight_rows_per_cycle, array.rows);
}

Side stationary_side(const config::PeArray& array) {
  return config::holds_inputs(array) ? Side::kLhs : Side::kRhs;
}

OperandWalk::OperandWalk(const model::GemmShape& tile, bool transposed, Side side,
                         const config::PeArray& array)
    : array_(&array),
      type_(timing::type_of(array)),
      tile_(tile),
      transposed_(transposed),
      side_(side),
      outer_(timing::tile_folds(tile, array)) {
  // An operand whose columns stream is turned in blocks: as many columns as there are rows to read,
  // so that a buffer fills as fast as another empties.
  const auto cut = [this](std::int64_t total, std::int64_t step) {
    step_ = step;
    inner_ = ceil_div(total, step);
  };
  if (type_ == ArrayType::kOutputStationary) {
    if (side == Side::kLhs && !transposed) {
      cut(tile.k, array.rows);
    } else if (side == Side::kRhs && transposed) {
      cut(tile.k, array.cols);
    }
  } else if (timing::sums_are_columns(array) && side == Side::kRhs && !transposed) {
    cut(tile.n, timing::contraction_width(array));
  } else if (type_ == ArrayType::kWeightStationary && side == Side::kLhs && transposed) {
    cut(tile.m, array.rows);
  }
}

OperandBlock OperandWalk::next() {
  const std::int64_t outer = index_ / inner_;
  const std::int64_t inner = index_ % inner_;
  ++index_;
  OperandBlock block = side_ == Side::kLhs ? lhs(outer, inner) : rhs(outer, inner);
  if (block.piece == 0) {
    block.piece = block.order == Order::kColumns ? block.rows : block.cols;
  }
  return block;
}

/// The operand that a fold holds: `width` elements of each of the K_t that begin at k. `lies_by_k`:
/// one of its rows is one k.
OperandBlock OperandWalk::stationary(std::int64_t k, std::int64_t width, bool lies_by_k) const {
  OperandBlock block;
  const std::int64_t depth = std::min<std::int64_t>(array_->rows, tile_.k - k);
  block.order = lies_by_k ? Order::kRows : Order::kColumns;
  block.row = lies_by_k ? k : 0;
  block.col = lies_by_k ? 0 : k;
  block.rows = lies_by_k ? depth : width;
  block.cols = lies_by_k ? width : depth;
  block.stationary = true;
  block.padding = array_->rows - depth;
  block.rows_per_beat = stationary_rows(*array_);
  return block;
}

OperandBlock OperandWalk::lhs(std::int64_t outer, std::int64_t inner) const {
  const std::int64_t first = outer * array_->rows;
  const std::int64_t m = std::min<std::int64_t>(array_->rows, tile_.m - first);
  OperandBlock block;
  switch (type_) {
    case ArrayType::kWeightStationary: {
      const std::int64_t k = std::min<std::int64_t>(array_->rows, tile_.k - first);
      block.order = transposed_ ? Order::kColumns : Order::kRows;
      block.row = transposed_ ? first : 0;
      block.col = transposed_ ? inner * step_ : first;
      block.rows = transposed_ ? k : tile_.m;
      block.cols = transposed_ ? std::min(step_, tile_.m - block.col) : k;
      return block;
    }
    case ArrayType::kInputStationary:
      return stationary(first, tile_.m, transposed_);
    case ArrayType::kOutputStationary:
      block.order = transposed_ ? Order::kRows : Order::kColumns;
      block.row = transposed_ ? 0 : first;
      block.col = transposed_ ? first : inner * step_;
      block.rows = transposed_ ? tile_.k : m;
      block.cols = transposed_ ? m : std::min(step_, tile_.k - block.col);
      return block;
    case ArrayType::kRowWise:
      break;
  }
  block.order = transposed_ ? Order::kTurned : Order::kWhole;
  block.row = transposed_ ? 0 : first;
  block.col = transposed_ ? first : 0;
  block.rows = transposed_ ? tile_.k : m;
  block.cols = transposed_ ? m : tile_.k;
  return block;
}

OperandBlock OperandWalk::rhs(std::int64_t outer, std::int64_t inner) const {
  OperandBlock block;
  const std::int64_t first = outer * array_->rows;  // of K, where a fold is a part of K
  const std::int64_t n = inner * step_;             // where columns are turned
  switch (type_) {
    case ArrayType::kWeightStationary:
      return stationary(first, tile_.n, !transposed_);
    case ArrayType::kInputStationary:
      block.order = transposed_ ? Order::kRows : Order::kColumns;
      block.row = transposed_ ? 0 : first;
      block.col = transposed_ ? first : n;
      block.rows = std::min<std::int64_t>(array_->rows, tile_.k - first);
      block.cols = std::min(step_, tile_.n - n);
      if (transposed_) {
        block.cols = block.rows;
        block.rows = tile_.n;
      }
      return block;
    case ArrayType::kOutputStationary:
      block.order = transposed_ ? Order::kColumns : Order::kRows;
      block.rows = transposed_ ? tile_.n : tile_.k;
      block.col = transposed_ ? inner * step_ : 0;
      block.cols = transposed_ ? std::min(step_, tile_.k - block.col) : tile_.n;
      return block;
    case ArrayType::kRowWise:
      break;
  }
  block.order = transposed_ ? Order::kRows : Order::kColumns;
  block.rows = transposed_ ? tile_.n : tile_.k;
  block.col = transposed_ ? 0 : n;
  block.cols = transposed_ ? tile_.k : std::min(step_, tile_.n - n);
  block.piece = timing::contraction_width(*array_);
  return block;
}

}  // namespace vitsim::mapping
