// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/mapping/needs.h"
#include "vitsim/mapping/tiling.h"

#include "emitter.h"
#include "op_lowering.h"
#include "slots.h"

namespace vitsim::mapping {

/// Emits one product, tile by tile, and what finishes its sums.
class MatmulLowering : public OpLowering {
 public:
  MatmulLowering(Emitter& emitter, int op, const MatmulNeeds& needs);
  void run(std::int64_t begin, std::int64_t end) override;
  void run() override { run(0, shape_.m); }

 private:
  /// Where a tile begins.
  struct Place {
    std::int64_t m;
    std::int64_t k;
    std::int64_t n;
  };

  void tiles_along_k(std::int64_t m, std::int64_t n);
  void tile(const Place& at);
  /// A command of the array, and what goes with every one: sums along k, operands, tokens.
  Command product(MatmulTile& matmul, std::int64_t k, const Located& lhs, const Located& rhs,
                  int token_kind);
  void emit_product(Command command, const MatmulTile& matmul);
  void finish_on_post_processor(const Place& at, Command command, MatmulTile matmul);
  void finish_on_adder_array(const Place& at, const model::GemmShape& shape);
  void feed_sa_diag(const Place& at, const model::GemmShape& shape);
  void divisors_on_array(std::int64_t m);
  /// The commands of rows that come from the unit before; `to_memory` those whose results are the
  /// operator's.
  void rows_from_before(Command command, const std::vector<Operand>& tables, const Place& at,
                        const model::GemmShape& shape, bool to_memory);
  Operand table(Command& command, const model::View& view);
  [[nodiscard]] Located lhs_at(std::int64_t m, std::int64_t k);
  [[nodiscard]] Located rhs_at(std::int64_t k, std::int64_t n);
  [[nodiscard]] Located out_at(const Place& at);
  /// Rows of a tile that begins at row m.
  [[nodiscard]] std::int64_t height(std::int64_t m) const;
  [[nodiscard]] bool completes(std::int64_t k) const { return k + tiling_.k >= shape_.k; }

  Emitter& emitter_;
  const model::Op& op_;
  const model::Matmul& work_;
  const model::CorrectedMatmul* corrected_;  ///< where it is one
  const model::TaylorContext* context_;      ///< where it is one
  bool on_sa_diag_;                          ///< t_D is computed there
  bool on_array_;                            ///< t_D is computed there
  model::GemmShape shape_;
  MatmulTiling tiling_;
  std::int64_t end_ = 0;  ///< of the rows that are being emitted
  Addresses next_;        ///< where the next slots begin
  Slots lhs_;
  Slots rhs_;
  Slots params_;
  Slots residual_;
  Slots out_;
};

}  // namespace vitsim::mapping
