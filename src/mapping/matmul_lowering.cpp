// SPDX-License-Identifier: Apache-2.0
#include "matmul_lowering.h"

#include <algorithm>
#include <utility>

#include "vitsim/timing/array.h"

#include "lowering.h"

namespace vitsim::mapping {
namespace {

/// Kinds of tokens that the array's units set.
enum TokenKind : int { kDone = 0, kAccumulated = 1, kLhsRead = 2, kRhsRead = 3 };

MatmulTiling tiling_for(const MatmulNeeds& needs, Emitter& emitter) {
  const auto tiling = choose_tiling(needs, emitter.machine(), emitter.allocator().largest_free());
  if (!tiling) {
    throw NoRoom{};
  }
  return *tiling;
}

/// The part of a vector beside a matrix of `all` columns that belongs to `count` of them from
/// `first` on: an element a column, or the words of a sum.
model::View beside(const model::View& vector, std::int64_t all, std::int64_t first,
                   std::int64_t count) {
  const std::int64_t words = vector.cols / all;
  return window(vector, 0, first * words, 1, count * words);
}

bool computes_divisors(const model::TaylorContext* context) {
  return context != nullptr && context->k_hat_sum.has_value();
}

}  // namespace

model::View window(const model::View& view, std::int64_t row, std::int64_t col, std::int64_t rows,
                   std::int64_t cols) {
  return {view.tensor, view.row + row, view.col + col, std::min(rows, view.rows - row),
          std::min(cols, view.cols - col)};
}

MatmulLowering::MatmulLowering(Emitter& emitter, const model::Op& op, const MatmulNeeds& needs)
    : emitter_(emitter),
      op_(op),
      work_(*product_of(op)),
      corrected_(std::get_if<model::CorrectedMatmul>(&op.work)),
      context_(std::get_if<model::TaylorContext>(&op.work)),
      on_sa_diag_(computes_divisors(context_) &&
                  timing::may_have_sa_diag(emitter.machine().pe_array)),
      on_array_(computes_divisors(context_) && !on_sa_diag_),
      shape_(needs.shape),
      tiling_(tiling_for(needs, emitter)),
      workspace_(emitter, tiling_.bytes),
      lhs_(emitter, tiling_.lhs_slots, needs.lhs_transposed ? tiling_.k : tiling_.m,
           (needs.lhs_transposed ? tiling_.m : tiling_.k) * needs.lhs.element_bytes,
           workspace_.next()),
      rhs_(emitter, tiling_.rhs_slots, needs.rhs_transposed ? tiling_.n : tiling_.k,
           (needs.rhs_transposed ? tiling_.k : tiling_.n) * needs.rhs.element_bytes,
           workspace_.next()),
      params_(emitter, tiling_.params_slots, 1,
              tiling_.n * (needs.params ? needs.params->element_bytes : 0), workspace_.next()),
      residual_(emitter, tiling_.residual_slots, tiling_.m,
                tiling_.n * (needs.residual ? needs.residual->element_bytes : 0),
                workspace_.next()),
      out_(emitter, tiling_.out_slots, tiling_.m, tiling_.n * needs.out.element_bytes,
           workspace_.next()) {}

void MatmulLowering::run() {
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

void MatmulLowering::tiles_along_k(std::int64_t m, std::int64_t n) {
  if (on_array_) {
    divisors_on_array(m);
  }
  for (std::int64_t k = 0; k < shape_.k; k += tiling_.k) {
    tile({m, k, n});
  }
}

Command MatmulLowering::product(const Place& at, MatmulTile& matmul) {
  const auto& [m, k, n] = at;
  const Located lhs =
      lhs_.fetch(work_.lhs_transposed ? window(work_.lhs, k, m, tiling_.k, tiling_.m)
                                      : window(work_.lhs, m, k, tiling_.m, tiling_.k));
  const Located rhs =
      rhs_.fetch(work_.rhs_transposed ? window(work_.rhs, n, k, tiling_.n, tiling_.k)
                                      : window(work_.rhs, k, n, tiling_.k, tiling_.n));
  matmul.shape = {std::min(tiling_.m, shape_.m - m), std::min(tiling_.k, shape_.k - k),
                  std::min(tiling_.n, shape_.n - n)};
  matmul.lhs_transposed = work_.lhs_transposed;
  matmul.rhs_transposed = work_.rhs_transposed;
  matmul.first = k == 0;
  matmul.last = k + tiling_.k >= shape_.k;
  matmul.lhs = lhs.operand;
  matmul.rhs = rhs.operand;
  const bool to_post_processor = corrected_ == nullptr && context_ == nullptr;
  Command command =
      emitter_.command(Unit::kPeArray, matmul.last && to_post_processor ? kDone : kAccumulated);
  matmul.lhs_read = emitter_.new_token(Unit::kPeArray, kLhsRead);
  matmul.rhs_read = emitter_.new_token(Unit::kPeArray, kRhsRead);
  emitter_.reads(command, lhs, matmul.lhs_read);
  emitter_.reads(command, rhs, matmul.rhs_read);
  return command;
}

void MatmulLowering::emit_product(Command command, const MatmulTile& matmul) {
  command.work = matmul;
  emitter_.emit(std::move(command));
}

void MatmulLowering::tile(const Place& at) {
  MatmulTile matmul;
  matmul.lhs_to_sa_diag = on_sa_diag_;
  if (corrected_ != nullptr || context_ != nullptr) {
    matmul.sink = SumSink::kAdderArray;
    Command command = product(at, matmul);
    emit_product(std::move(command), matmul);
    if (on_sa_diag_) {
      feed_sa_diag(at, matmul.shape);
    }
    if (matmul.last) {
      finish_on_adder_array(at, matmul.shape);
    }
    return;
  }
  Command command = product(at, matmul);
  if (matmul.last) {
    finish_on_post_processor(at, std::move(command), matmul);
  } else {
    emit_product(std::move(command), matmul);
  }
}

void MatmulLowering::finish_on_post_processor(const Place& at, Command command, MatmulTile matmul) {
  if (work_.params) {
    const Located params = params_.fetch(window(*work_.params, 0, at.n, 1, tiling_.n));
    matmul.params = params.operand;
    emitter_.reads(command, params, command.done);
  }
  if (work_.residual) {
    const Located residual =
        residual_.fetch(window(*work_.residual, at.m, at.n, tiling_.m, tiling_.n));
    matmul.residual = residual.operand;
    emitter_.reads(command, residual, command.done);
  }
  const Located out = out_.place(window(op_.out, at.m, at.n, tiling_.m, tiling_.n));
  matmul.out = out.operand;
  emitter_.writes(command, out, command.done);
  emit_product(std::move(command), matmul);
  out_.flush(out);
}

/// A vector on chip that a command reads first.
Operand MatmulLowering::table(Command& command, const model::View& view) {
  const Located located = emitter_.locate(view);
  emitter_.reads(command, located, command.done);
  return located.operand;
}

void MatmulLowering::finish_on_adder_array(const Place& at, const model::GemmShape& shape) {
  Command command = emitter_.command(Unit::kAdderArray);
  RowsTile rows;
  rows.rows = shape.m;
  rows.cols = shape.n;
  if (context_ != nullptr) {
    rows.tables = {table(command, beside(context_->v_sum, shape_.n, at.n, shape.n))};
    command.work = rows;
    emitter_.emit(std::move(command));
    divide(at, shape);
    return;
  }
  rows.tables = {table(command, beside(corrected_->v_sum, shape_.n, at.n, shape.n)),
                 table(command, beside(corrected_->k_mean, shape_.m, at.m, shape.m))};
  const Located out = out_.place(window(op_.out, at.m, at.n, tiling_.m, tiling_.n));
  rows.out = out.operand;
  emitter_.writes(command, out, command.done);
  command.work = rows;
  emitter_.emit(std::move(command));
  out_.flush(out);
}

/// Rows come from the adder array; so do divisors, where they are not all one, from SA-Diag.
void MatmulLowering::divide(const Place& at, const model::GemmShape& shape) {
  Command command = emitter_.command(Unit::kDividerArray);
  RowsTile rows;
  rows.rows = shape.m;
  rows.cols = shape.n;
  const Located out = out_.place(window(op_.out, at.m, at.n, tiling_.m, tiling_.n));
  rows.out = out.operand;
  emitter_.writes(command, out, command.done);
  command.work = rows;
  emitter_.emit(std::move(command));
  out_.flush(out);
}

void MatmulLowering::feed_sa_diag(const Place& at, const model::GemmShape& shape) {
  Command command = emitter_.command(Unit::kSaDiag);
  DiagTile diag;
  diag.m = shape.m;
  diag.k = shape.k;
  diag.first = at.k == 0;
  diag.last = at.k + tiling_.k >= shape_.k;
  diag.k_hat_sum = table(command, window(*context_->k_hat_sum, 0, at.k, 1, shape.k));
  command.work = diag;
  emitter_.emit(std::move(command));
}

/// The divisors of the rows from m on, as a product of one column.
void MatmulLowering::divisors_on_array(std::int64_t m) {
  for (std::int64_t k = 0; k < shape_.k; k += tiling_.k) {
    const Located lhs = lhs_.fetch(window(work_.lhs, m, k, tiling_.m, tiling_.k));
    MatmulTile matmul;
    matmul.shape = {lhs.operand.tile.rows, lhs.operand.tile.cols, 1};
    matmul.rhs_transposed = true;
    matmul.first = k == 0;
    matmul.last = k + tiling_.k >= shape_.k;
    matmul.sink = SumSink::kDividers;
    matmul.lhs = lhs.operand;
    Command command = emitter_.command(Unit::kPeArray, kAccumulated);
    matmul.lhs_read = emitter_.new_token(Unit::kPeArray, kLhsRead);
    matmul.rhs_read = emitter_.new_token(Unit::kPeArray, kRhsRead);
    emitter_.reads(command, lhs, matmul.lhs_read);
    const Located sums = emitter_.locate(window(*context_->k_hat_sum, 0, k, 1, matmul.shape.k));
    matmul.rhs = sums.operand;
    emitter_.reads(command, sums, matmul.rhs_read);
    emit_product(std::move(command), matmul);
  }
}

}  // namespace vitsim::mapping
