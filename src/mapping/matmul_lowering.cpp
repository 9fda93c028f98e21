// SPDX-License-Identifier: Apache-2.0
#include "matmul_lowering.h"

#include <algorithm>
#include <utility>

#include "vitsim/timing/array.h"

namespace vitsim::mapping {
namespace {

/// Kinds of tokens that the array's units set.
enum TokenKind : int { kDone = 0, kAccumulated = 1, kLhsRead = 2, kRhsRead = 3 };

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

int bytes_of(const std::optional<Need>& need) { return need ? need->element_bytes : 0; }
std::size_t partition_of(const std::optional<Need>& need) { return need ? need->partition : 0; }

}  // namespace

MatmulLowering::MatmulLowering(Emitter& emitter, int op, const MatmulNeeds& needs)
    : emitter_(emitter),
      op_(emitter.op(op)),
      work_(*product_of(op_)),
      corrected_(std::get_if<model::CorrectedMatmul>(&op_.work)),
      context_(std::get_if<model::TaylorContext>(&op_.work)),
      on_sa_diag_(computes_divisors(context_) &&
                  timing::may_have_sa_diag(emitter.machine().pe_array)),
      on_array_(computes_divisors(context_) && !on_sa_diag_),
      shape_(needs.shape),
      tiling_(std::get<MatmulTiling>(emitter.plan(op).tiling)),
      next_(emitter.plan(op).addresses),
      lhs_(emitter, tiling_.lhs_slots, needs.lhs_transposed ? tiling_.k : tiling_.m,
           (needs.lhs_transposed ? tiling_.m : tiling_.k) * needs.lhs.element_bytes,
           next_[needs.lhs.partition]),
      rhs_(emitter, tiling_.rhs_slots, needs.rhs_transposed ? tiling_.n : tiling_.k,
           (needs.rhs_transposed ? tiling_.k : tiling_.n) * needs.rhs.element_bytes,
           next_[needs.rhs.partition]),
      params_(emitter, tiling_.params_slots, 1, tiling_.n * bytes_of(needs.params),
              next_[partition_of(needs.params)]),
      residual_(emitter, tiling_.residual_slots, tiling_.m, tiling_.n * bytes_of(needs.residual),
                next_[partition_of(needs.residual)]),
      out_(emitter, tiling_.out_slots, tiling_.m, tiling_.n * needs.out.element_bytes,
           next_[needs.out.partition]) {}

void MatmulLowering::run(std::int64_t begin, std::int64_t end) {
  end_ = end;
  if (tiling_.n_outer) {
    for (std::int64_t n = 0; n < shape_.n; n += tiling_.n) {
      for (std::int64_t m = begin; m < end; m += tiling_.m) {
        tiles_along_k(m, n);
      }
    }
    return;
  }
  for (std::int64_t m = begin; m < end; m += tiling_.m) {
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

std::int64_t MatmulLowering::height(std::int64_t m) const { return std::min(tiling_.m, end_ - m); }

Located MatmulLowering::lhs_at(std::int64_t m, std::int64_t k) {
  return lhs_.fetch(work_.lhs_transposed ? window(work_.lhs, k, m, tiling_.k, height(m))
                                         : window(work_.lhs, m, k, height(m), tiling_.k));
}

Located MatmulLowering::rhs_at(std::int64_t k, std::int64_t n) {
  return rhs_.fetch(work_.rhs_transposed ? window(work_.rhs, n, k, tiling_.n, tiling_.k)
                                         : window(work_.rhs, k, n, tiling_.k, tiling_.n));
}

Located MatmulLowering::out_at(const Place& at) {
  return out_.place(window(op_.out, at.m, at.n, height(at.m), tiling_.n));
}

Command MatmulLowering::product(MatmulTile& matmul, std::int64_t k, const Located& lhs,
                                const Located& rhs, int token_kind) {
  matmul.first = k == 0;
  matmul.last = completes(k);
  matmul.lhs = lhs.operand;
  matmul.rhs = rhs.operand;
  Command command = emitter_.command(Unit::kPeArray, token_kind);
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
  const bool to_adder_array = corrected_ != nullptr || context_ != nullptr;
  const bool last = completes(at.k);
  const Located lhs = lhs_at(at.m, at.k);
  const Located rhs = rhs_at(at.k, at.n);
  MatmulTile matmul;
  matmul.shape = {height(at.m), std::min(tiling_.k, shape_.k - at.k),
                  std::min(tiling_.n, shape_.n - at.n)};
  matmul.lhs_transposed = work_.lhs_transposed;
  matmul.rhs_transposed = work_.rhs_transposed;
  matmul.lhs_to_sa_diag = on_sa_diag_;
  matmul.sink = to_adder_array ? SumSink::kAdderArray : SumSink::kPostProcessor;
  Command command = product(matmul, at.k, lhs, rhs, last && !to_adder_array ? kDone : kAccumulated);
  if (last && !to_adder_array) {
    finish_on_post_processor(at, std::move(command), matmul);
    return;
  }
  emit_product(std::move(command), matmul);
  if (on_sa_diag_) {
    feed_sa_diag(at, matmul.shape);
  }
  if (last) {
    finish_on_adder_array(at, matmul.shape);
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
        residual_.fetch(window(*work_.residual, at.m, at.n, height(at.m), tiling_.n));
    matmul.residual = residual.operand;
    emitter_.reads(command, residual, command.done);
  }
  const Located out = out_at(at);
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

void MatmulLowering::rows_from_before(Command command, const std::vector<Operand>& tables,
                                      const Place& at, const model::GemmShape& shape,
                                      bool to_memory) {
  RowsTile rows;
  rows.rows = shape.m;
  rows.cols = shape.n;
  rows.tables = tables;
  if (!to_memory) {
    command.work = rows;
    emitter_.emit(std::move(command));
    return;
  }
  const Located out = out_at(at);
  rows.out = out.operand;
  emitter_.writes(command, out, command.done);
  command.work = rows;
  emitter_.emit(std::move(command));
  out_.flush(out);
}

void MatmulLowering::finish_on_adder_array(const Place& at, const model::GemmShape& shape) {
  Command command = emitter_.command(Unit::kAdderArray);
  if (context_ == nullptr) {
    const std::vector<Operand> tables = {
        table(command, beside(corrected_->v_sum, shape_.n, at.n, shape.n)),
        table(command, beside(corrected_->k_mean, shape_.m, at.m, shape.m))};
    rows_from_before(std::move(command), tables, at, shape, true);
    return;
  }
  const Operand v_sum = table(command, beside(context_->v_sum, shape_.n, at.n, shape.n));
  rows_from_before(std::move(command), {v_sum}, at, shape, false);
  // Divisors come from SA-Diag or the array, where they are not all one.
  rows_from_before(emitter_.command(Unit::kDividerArray), {}, at, shape, true);
}

void MatmulLowering::feed_sa_diag(const Place& at, const model::GemmShape& shape) {
  Command command = emitter_.command(Unit::kSaDiag);
  DiagTile diag;
  diag.m = shape.m;
  diag.k = shape.k;
  diag.first = at.k == 0;
  diag.last = completes(at.k);
  diag.k_hat_sum = table(command, window(*context_->k_hat_sum, 0, at.k, 1, shape.k));
  command.work = diag;
  emitter_.emit(std::move(command));
}

/// The divisors of the rows from m on, as a product of one column.
void MatmulLowering::divisors_on_array(std::int64_t m) {
  for (std::int64_t k = 0; k < shape_.k; k += tiling_.k) {
    const Located lhs = lhs_at(m, k);
    const std::int64_t width = lhs.operand.tile.cols;
    const Located sums = emitter_.locate(window(*context_->k_hat_sum, 0, k, 1, width));
    MatmulTile matmul;
    matmul.shape = {lhs.operand.tile.rows, width, 1};
    matmul.rhs_transposed = true;
    matmul.sink = SumSink::kDividers;
    emit_product(product(matmul, k, lhs, sums, kAccumulated), matmul);
  }
}

}  // namespace vitsim::mapping
