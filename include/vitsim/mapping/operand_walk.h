// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/matrix.h"
#include "vitsim/mapping/program.h"
#include "vitsim/timing/array.h"

namespace vitsim::mapping {

/// A rectangle of an operand, and how it enters the array as beats.
struct OperandBlock {
  enum class Order {
    kRows,     ///< each row, or piece of a row, is a beat
    kColumns,  ///< each column, or piece of a column, is a beat: it passes a transpose buffer
    kWhole,    ///< the rectangle is one beat
    kTurned,   ///< the same, its columns as rows of the beat
  };
  Order order = Order::kRows;
  std::int64_t row = 0;  ///< of the operand as it lies
  std::int64_t col = 0;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t piece = 0;    ///< elements of a beat's rows
  bool stationary = false;   ///< enters as PEs' rows, the last first
  std::int64_t padding = 0;  ///< rows of zeros that enter before: PEs' rows beyond K
  int rows_per_beat = 1;

  [[nodiscard]] bool at_once() const { return order == Order::kWhole || order == Order::kTurned; }
  /// Lines that enter: rows or columns of the rectangle, and the padding.
  [[nodiscard]] std::int64_t lines() const {
    return padding + (order == Order::kColumns ? cols : rows);
  }
  /// Beats that a line makes.
  [[nodiscard]] std::int64_t pieces() const {
    return ceil_div(order == Order::kColumns ? rows : cols, piece);
  }
  [[nodiscard]] std::int64_t beats() const {
    return at_once() ? 1 : ceil_div<std::int64_t>(lines(), rows_per_beat) * pieces();
  }
  /// The lines of beat `index`, from its first to behind its last, and the element of them with
  /// which it begins. Not of a whole block.
  [[nodiscard]] std::int64_t first_line(std::int64_t index) const {
    return index / pieces() * rows_per_beat;
  }
  [[nodiscard]] std::int64_t end_line(std::int64_t index) const {
    return std::min(first_line(index) + rows_per_beat, lines());
  }
  [[nodiscard]] std::int64_t first_element(std::int64_t index) const {
    return index % pieces() * piece;
  }
  /// Reads of a memory that lies as the operand does.
  [[nodiscard]] std::int64_t reads() const {
    return order == Order::kRows ? rows * pieces() : rows;
  }
};

/// Beat `index` of a block whose elements are `values`, as they lie: `rows` rows, one behind the
/// other in `beat`.
void fill_beat(const OperandBlock& block, std::int64_t index, MatrixView<const std::int16_t> values,
               std::vector<std::int16_t>& beat, std::int64_t& rows);

enum class Side { kLhs, kRhs };

/// The operand that an array holds; of one that holds sums without meaning.
Side stationary_side(const config::PeArray& array);
/// Rows of that operand that are fetched in a cycle; 1 where there is none.
int stationary_rows(const config::PeArray& array);

/// The blocks of one operand of a tile, in the order in which the array takes them.
class OperandWalk {
 public:
  OperandWalk() = default;
  /// `transposed`: the operand lies as [k x m] or [n x k].
  OperandWalk(const model::GemmShape& tile, bool transposed, Side side,
              const config::PeArray& array);

  [[nodiscard]] bool done() const { return index_ == outer_ * inner_; }
  OperandBlock next();

 private:
  [[nodiscard]] OperandBlock lhs(std::int64_t outer, std::int64_t inner) const;
  [[nodiscard]] OperandBlock rhs(std::int64_t outer, std::int64_t inner) const;
  [[nodiscard]] OperandBlock stationary(std::int64_t k, std::int64_t width, bool lies_by_k) const;

  const config::PeArray* array_ = nullptr;
  timing::ArrayType type_ = timing::ArrayType::kWeightStationary;
  model::GemmShape tile_;
  bool transposed_ = false;
  Side side_ = Side::kLhs;
  std::int64_t step_ = 1;   ///< of the blocks within a fold
  std::int64_t outer_ = 0;  ///< folds
  std::int64_t inner_ = 1;  ///< blocks within a fold
  std::int64_t index_ = 0;
};

}  // namespace vitsim::mapping
