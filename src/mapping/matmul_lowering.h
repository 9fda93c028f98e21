// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/mapping/tiling.h"

#include "emitter.h"
#include "slots.h"

namespace vitsim::mapping {

/// A part of a view; what would stick out is cut off.
model::View window(const model::View& view, std::int64_t row, std::int64_t col, std::int64_t rows,
                   std::int64_t cols);

/// Emits one product, tile by tile, and what finishes its sums.
class MatmulLowering {
 public:
  MatmulLowering(Emitter& emitter, const model::Op& op, const MatmulNeeds& needs);
  void run();

 private:
  /// Where a tile begins.
  struct Place {
    std::int64_t m;
    std::int64_t k;
    std::int64_t n;
  };

  void tiles_along_k(std::int64_t m, std::int64_t n);
  void tile(const Place& at);
  /// A command of the array with its operands, and what goes with every one.
  Command product(const Place& at, MatmulTile& matmul);
  void emit_product(Command command, const MatmulTile& matmul);
  void finish_on_post_processor(const Place& at, Command command, MatmulTile matmul);
  void finish_on_adder_array(const Place& at, const model::GemmShape& shape);
  void divide(const Place& at, const model::GemmShape& shape);
  void feed_sa_diag(const Place& at, const model::GemmShape& shape);
  void divisors_on_array(std::int64_t m);
  Operand table(Command& command, const model::View& view);

  Emitter& emitter_;
  const model::Op& op_;
  const model::Matmul& work_;
  const model::CorrectedMatmul* corrected_;  ///< where it is one
  const model::TaylorContext* context_;      ///< where it is one
  bool on_sa_diag_;                          ///< t_D is computed there
  bool on_array_;                            ///< t_D is computed there
  model::GemmShape shape_;
  MatmulTiling tiling_;
  Workspace workspace_;
  Slots lhs_;
  Slots rhs_;
  Slots params_;
  Slots residual_;
  Slots out_;
};

}  // namespace vitsim::mapping
