// SPDX-License-Identifier: Apache-2.0
#include "op_lowering.h"

#include <algorithm>
#include <utility>

#include "vitsim/mapping/needs.h"

#include "matmul_lowering.h"
#include "rows_lowering.h"

namespace vitsim::mapping {
namespace {

/// Chooses how an operator is lowered; visits its kind.
class LoweringOf {
 public:
  LoweringOf(Emitter& emitter, int op, Needs needs)
      : emitter_(emitter), op_(op), needs_(std::move(needs)) {}

  using Made = std::unique_ptr<OpLowering>;
  Made operator()(const model::Matmul&) { return matmul(); }
  Made operator()(const model::CorrectedMatmul&) { return matmul(); }
  Made operator()(const model::TaylorContext&) { return matmul(); }
  Made operator()(const model::Softmax& work) { return rows(Unit::kSoftmaxUnit, {{work.in}}); }
  Made operator()(const model::Gelu& work) { return rows(Unit::kGeluUnit, {{work.in}}); }
  Made operator()(const model::LayerNorm& work) {
    return rows(Unit::kLayerNormUnit, {{work.in}, work.params});
  }
  Made operator()(const model::Add& work) { return rows(Unit::kVectorUnit, {{work.a, work.b}}); }
  Made operator()(const model::TokenSum& work) {
    return rows(Unit::kAccumulatorArray, {.rows = {work.in}, .sums_rows = true});
  }
  Made operator()(const model::TokenMean& work) { return rows(Unit::kDividerArray, {{work.sums}}); }
  Made operator()(const model::Center& work) {
    return rows(Unit::kAdderArray, {{work.in}, work.mean});
  }
  Made operator()(const model::CenterFeatures& work) {
    return rows(Unit::kAdderArray, {{work.in}});
  }
  Made operator()(const model::CenterResidue& work) {
    return rows(Unit::kAdderArray, {{work.sums, work.k_mean}});
  }
  Made operator()(const model::Requantize& work) { return rows(Unit::kAdderArray, {{work.in}}); }

 private:
  Made matmul() {
    return std::make_unique<MatmulLowering>(emitter_, op_, std::get<MatmulNeeds>(needs_));
  }
  Made rows(Unit unit, RowsInputs inputs) {
    return std::make_unique<RowsLowering>(
        emitter_, op_, unit, std::get<RowsNeeds>(std::move(needs_)), std::move(inputs));
  }

  Emitter& emitter_;
  int op_;
  Needs needs_;
};

}  // namespace

std::unique_ptr<OpLowering> make_lowering(Emitter& emitter, int op) {
  const model::Op& work = emitter.op(op);
  Needs needs = needs_of(work, emitter.graph(), emitter.machine(),
                         [&](const model::View& view) { return emitter.find(view).has_value(); });
  return std::visit(LoweringOf(emitter, op, std::move(needs)), work.work);
}

model::View window(const model::View& view, std::int64_t row, std::int64_t col, std::int64_t rows,
                   std::int64_t cols) {
  return {view.tensor, view.row + row, view.col + col, std::min(rows, view.rows - row),
          std::min(cols, view.cols - col)};
}

}  // namespace vitsim::mapping
