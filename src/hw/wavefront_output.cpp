// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "vitsim/kernels/add.h"
#include "vitsim/kernels/gemm.h"

#include "wavefront_datapaths.h"

namespace vitsim::hw {
namespace {

/// Pairs whose products are added up at a time.
constexpr std::int64_t kChunk = 256;

}  // namespace

WavefrontOutput::WavefrontOutput(const config::PeArray& array, OperandBits bits)
    : array_(array), bits_(bits) {}

void WavefrontOutput::enter(Cycles now, const OperandRows& lhs, const OperandRows& rhs, bool last) {
  const auto rows = static_cast<std::int64_t>(lhs.values.size());
  const auto cols = static_cast<std::int64_t>(rhs.values.size());
  if (folds_.empty() || folds_.back().complete) {
    Fold& fold = folds_.push_used();
    fold.lhs.clear();
    fold.rhs.clear();
    fold.carries = false;
    fold.rows = rows;
    fold.cols = cols;
    fold.depth = fold.left = fold.computed = 0;
    fold.complete = false;
  }
  Fold& fold = folds_.back();
  if (fold.depth == kChunk) {
    carry_on(fold);
  }
  fold.lhs.insert(fold.lhs.end(), lhs.values.begin(), lhs.values.end());
  fold.rhs.insert(fold.rhs.end(), rhs.values.begin(), rhs.values.end());
  ++fold.depth;
  if (last) {
    fold.complete = true;
    // A row of sums has crossed its row of PEs, or has been shifted down from it.
    const Cycles drain = array_.drain == config::Drain::kExposed ? array_.rows : 0;
    fold.first_due = now + (array_.rows - rows) + array_.cols - 1 + drain;
  }
}

/// The products of all pairs of the chunk, for the rows from `first` on.
void WavefrontOutput::multiply(const Fold& fold, std::int64_t first,
                               MatrixView<std::int64_t> sums) {
  turned_.resize(static_cast<std::size_t>(sums.rows() * fold.depth));
  const MatrixView<std::int16_t> lhs(turned_.data(), sums.rows(), fold.depth, fold.depth);
  for (std::int64_t k = 0; k < fold.depth; ++k) {
    for (std::int64_t m = 0; m < lhs.rows(); ++m) {
      lhs(m, k) = fold.lhs[static_cast<std::size_t>(k * fold.rows + first + m)];
    }
  }
  kernels::gemm(lhs, {fold.rhs.data(), fold.depth, fold.cols, fold.cols}, sums, bits_.lhs,
                bits_.rhs);
}

/// Adds up a chunk whose fold goes on.
void WavefrontOutput::carry_on(Fold& fold) {
  Matrix<std::int64_t>& sums = fold.carries ? chunk_sums_ : fold.carry;
  if (sums.rows() != fold.rows || sums.cols() != fold.cols) {
    sums = Matrix<std::int64_t>(fold.rows, fold.cols);
  }
  multiply(fold, 0, sums.view());
  for (std::int64_t m = 0; m < fold.rows && fold.carries; ++m) {
    kernels::add_rows(fold.carry.row(m), std::as_const(sums).row(m));
  }
  fold.carries = true;
  fold.depth = 0;
  fold.lhs.clear();
  fold.rhs.clear();
}

/// As many rows as there are pairs: the work of a batch, with few sums held for short folds, of
/// which many are inside at a time.
void WavefrontOutput::compute(Fold& fold) {
  const std::int64_t rows = std::min(fold.depth, fold.rows - fold.computed);
  if (fold.batch.rows() < rows || fold.batch.cols() != fold.cols) {
    fold.batch = Matrix<std::int64_t>(rows, fold.cols);
  }
  fold.batch_first = fold.computed;
  multiply(fold, fold.computed, fold.batch.view().block(0, 0, rows, fold.cols));
  for (std::int64_t m = 0; m < rows && fold.carries; ++m) {
    kernels::add_rows(fold.batch.row(m), std::as_const(fold.carry).row(fold.computed + m));
  }
  fold.computed += rows;
}

bool WavefrontOutput::delivers(Cycles now) const {
  return !folds_.empty() && folds_.front().complete &&
         folds_.front().first_due + folds_.front().left <= now;
}

bool WavefrontOutput::step(Cycles now, SumRows& out) {
  if (!delivers(now)) {
    return false;
  }
  Fold& fold = folds_.front();
  out.sums.clear();
  out.rows = 0;
  while (fold.left < fold.rows && fold.first_due + fold.left <= now) {
    if (fold.left == fold.computed) {
      compute(fold);
    }
    const auto row = fold.batch.row(fold.left - fold.batch_first);
    out.sums.insert(out.sums.end(), row.begin(), row.end());
    ++out.rows;
    ++fold.left;
  }
  if (fold.left == fold.rows) {
    folds_.pop();
  }
  return true;
}

std::optional<Cycles> WavefrontOutput::next_event(Cycles now) const {
  if (folds_.empty() || !folds_.front().complete) {
    return std::nullopt;
  }
  return std::max(folds_.front().first_due + folds_.front().left, now + 1);
}

void WavefrontOutput::reset() { folds_.clear(); }

}  // namespace vitsim::hw
