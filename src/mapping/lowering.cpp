// SPDX-License-Identifier: Apache-2.0
#include "lowering.h"

#include <algorithm>

#include "vitsim/mapping/needs.h"
#include "vitsim/mapping/tiling.h"

#include "emitter.h"
#include "slots.h"

namespace vitsim::mapping {
namespace {

/// Kinds of tokens that the array's units set.
enum TokenKind : int { kDone = 0, kAccumulated = 1, kLhsRead = 2, kRhsRead = 3 };

/// A part of a view; what would stick out is cut off.
model::View window(const model::View& view, std::int64_t row, std::int64_t col, std::int64_t rows,
                   std::int64_t cols) {
  return {view.tensor, view.row + row, view.col + col, std::min(rows, view.rows - row),
          std::min(cols, view.cols - col)};
}

template <class Tiling, class OpNeeds>
Tiling tiling_for(const OpNeeds& needs, Emitter& emitter) {
  const auto tiling = choose_tiling(needs, emitter.machine(), emitter.allocator().largest_free());
  if (!tiling) {
    throw NoRoom{};
  }
  return *tiling;
}

/// Emits one matmul, tile by tile.
class MatmulLowering {
 public:
  MatmulLowering(Emitter& emitter, const model::Op& op, const model::Matmul& work,
                 const MatmulNeeds& needs)
      : emitter_(emitter),
        op_(op),
        work_(work),
        shape_(needs.shape),
        tiling_(tiling_for<MatmulTiling>(needs, emitter)),
        workspace_(emitter, tiling_.bytes),
        lhs_(emitter, tiling_.lhs_slots, tiling_.m, tiling_.k * needs.lhs.element_bytes,
             workspace_.next()),
        rhs_(emitter, tiling_.rhs_slots, work.rhs_transposed ? tiling_.n : tiling_.k,
             (work.rhs_transposed ? tiling_.k : tiling_.n) * needs.rhs.element_bytes,
             workspace_.next()),
        params_(emitter, tiling_.params_slots, 1,
                tiling_.n * (needs.params ? needs.params->element_bytes : 0), workspace_.next()),
        residual_(emitter, tiling_.residual_slots, tiling_.m,
                  tiling_.n * (needs.residual ? needs.residual->element_bytes : 0),
                  workspace_.next()),
        out_(emitter, tiling_.out_slots, tiling_.m, tiling_.n * needs.out.element_bytes,
             workspace_.next()) {}

  void run() {
    if (tiling_.n_outer) {
      for (std::int64_t n = 0; n < shape_.n; n += tiling_.n) {
        for (std::int64_t m = 0; m < shape_.m; m += tiling_.m) {
          tiles_along_k(m, n);
        }
      }
      return;
    }
    for (std::int64_t m = 0; m < shape_.m; m += tiling_.m) {
      for (std::int64_t n = 0; n < shape_.n; n += tiling_.n) {
        tiles_along_k(m, n);
      }
    }
  }

 private:
  void tiles_along_k(std::int64_t m, std::int64_t n) {
    for (std::int64_t k = 0; k < shape_.k; k += tiling_.k) {
      tile(m, k, n);
    }
  }

  void tile(std::int64_t m, std::int64_t k, std::int64_t n) {
    const bool last = k + tiling_.k >= shape_.k;
    const Located lhs = lhs_.fetch(window(work_.lhs, m, k, tiling_.m, tiling_.k));
    const Located rhs =
        rhs_.fetch(work_.rhs_transposed ? window(work_.rhs, n, k, tiling_.n, tiling_.k)
                                        : window(work_.rhs, k, n, tiling_.k, tiling_.n));
    std::optional<Located> params;
    std::optional<Located> residual;
    if (last && work_.params) {
      params = params_.fetch(window(*work_.params, 0, n, 1, tiling_.n));
    }
    if (last && work_.residual) {
      residual = residual_.fetch(window(*work_.residual, m, n, tiling_.m, tiling_.n));
    }

    Command command = emitter_.command(Unit::kPeArray, last ? kDone : kAccumulated);
    MatmulTile matmul;
    matmul.shape = {lhs.operand.tile.rows, lhs.operand.tile.cols,
                    std::min(tiling_.n, shape_.n - n)};
    matmul.rhs_transposed = work_.rhs_transposed;
    matmul.first = k == 0;
    matmul.last = last;
    matmul.lhs = lhs.operand;
    matmul.rhs = rhs.operand;
    matmul.lhs_read = emitter_.new_token(Unit::kPeArray, kLhsRead);
    matmul.rhs_read = emitter_.new_token(Unit::kPeArray, kRhsRead);
    emitter_.reads(command, lhs, matmul.lhs_read);
    emitter_.reads(command, rhs, matmul.rhs_read);
    if (params) {
      matmul.params = params->operand;
      emitter_.reads(command, *params, command.done);
    }
    if (residual) {
      matmul.residual = residual->operand;
      emitter_.reads(command, *residual, command.done);
    }
    if (!last) {
      command.work = matmul;
      emitter_.emit(std::move(command));
      return;
    }
    const Located out = out_.place(window(op_.out, m, n, tiling_.m, tiling_.n));
    matmul.out = out.operand;
    emitter_.writes(command, out, command.done);
    command.work = matmul;
    emitter_.emit(std::move(command));
    out_.flush(out);
  }

  Emitter& emitter_;
  const model::Op& op_;
  const model::Matmul& work_;
  model::GemmShape shape_;
  MatmulTiling tiling_;
  Workspace workspace_;
  Slots lhs_;
  Slots rhs_;
  Slots params_;
  Slots residual_;
  Slots out_;
};

/// Emits one operator on whole rows.
void lower_rows(Emitter& emitter, Unit unit, const model::Op& op,
                const std::vector<model::View>& inputs, const std::optional<model::View>& params,
                const RowsNeeds& needs) {
  const auto tiling = tiling_for<RowsTiling>(needs, emitter);
  Workspace workspace(emitter, tiling.bytes);
  const auto slots_of = [&](const Need& need) { return need.resident ? 0 : tiling.slots; };
  const Need& first = needs.in.front();
  const Need& second = needs.in.back();
  Slots in(emitter, slots_of(first), tiling.rows, needs.cols * first.element_bytes,
           workspace.next());
  Slots other(emitter, inputs.size() > 1 ? slots_of(second) : 0, tiling.rows,
              needs.cols * second.element_bytes, workspace.next());
  Slots table(emitter, params ? 1 : 0, 1, needs.cols * (params ? needs.params->element_bytes : 0),
              workspace.next());
  Slots out(emitter, slots_of(needs.out), tiling.rows, needs.cols * needs.out.element_bytes,
            workspace.next());

  for (std::int64_t row = 0; row < needs.rows; row += tiling.rows) {
    const auto rows_of = [&](const model::View& view) {
      return window(view, row, 0, tiling.rows, view.cols);
    };
    RowsTile tile;
    std::vector<Located> sources{in.fetch(rows_of(inputs.front()))};
    tile.in = sources.back().operand;
    if (inputs.size() > 1) {
      sources.push_back(other.fetch(rows_of(inputs[1])));
      tile.second = sources.back().operand;
    }
    if (params) {
      sources.push_back(table.fetch(*params));
      tile.params = sources.back().operand;
    }
    Command command = emitter.command(unit);
    for (const Located& source : sources) {
      emitter.reads(command, source, command.done);
    }
    const Located result = out.place(rows_of(op.out));
    tile.out = result.operand;
    emitter.writes(command, result, command.done);
    command.work = tile;
    emitter.emit(std::move(command));
    out.flush(result);
  }
}

/// Chooses how an operator is lowered; visits its kind.
class Lowering {
 public:
  Lowering(Emitter& emitter, const model::Op& op, const Needs& needs)
      : emitter_(emitter), op_(op), needs_(needs) {}

  void operator()(const model::Matmul& work) const {
    MatmulLowering(emitter_, op_, work, std::get<MatmulNeeds>(needs_)).run();
  }
  void operator()(const model::Softmax& work) const { rows(Unit::kSoftmaxUnit, {work.in}); }
  void operator()(const model::Gelu& work) const { rows(Unit::kGeluUnit, {work.in}); }
  void operator()(const model::LayerNorm& work) const {
    rows(Unit::kLayerNormUnit, {work.in}, work.params);
  }
  void operator()(const model::Add& work) const { rows(Unit::kVectorUnit, {work.a, work.b}); }

 private:
  void rows(Unit unit, const std::vector<model::View>& inputs,
            const std::optional<model::View>& params = {}) const {
    lower_rows(emitter_, unit, op_, inputs, params, std::get<RowsNeeds>(needs_));
  }

  Emitter& emitter_;
  const model::Op& op_;
  const Needs& needs_;
};

}  // namespace

Program lower(const model::Graph& graph, const config::Accelerator& machine,
              const std::vector<bool>& resident) {
  Emitter emitter(graph, machine, resident);
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    emitter.begin_op(static_cast<int>(i));
    const Needs needs =
        needs_of(graph.ops[i], graph, [&](model::TensorId id) { return emitter.resident(id); });
    std::visit(Lowering(emitter, graph.ops[i], needs), graph.ops[i].work);
    emitter.end_op();
  }
  return std::move(emitter).finish();
}

}  // namespace vitsim::mapping
