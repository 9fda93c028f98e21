// SPDX-License-Identifier: Apache-2.0
#include "register_stationary.h"

#include <algorithm>
#include <utility>

#include "vitsim/kernels/multiply_add.h"

namespace vitsim::hw {

template <class Sum>
RegisterStationary<Sum>::RegisterStationary(const config::PeArray& array)
    : rows_(array.rows),
      cols_(array.cols),
      operand_skew_(rows_, false),
      valid_skew_(rows_, false),
      first_skew_(rows_, false),
      operand_(rows_, cols_),
      valid_(rows_, cols_),
      first_(rows_, cols_),
      stationary_(rows_, cols_),
      shadow_(cols_, rows_),
      psum_(rows_, cols_),
      deskew_(cols_, true) {}

template <class Sum>
void RegisterStationary<Sum>::load(Cycles /*now*/, const OperandRows& beat, std::int64_t loaded) {
  Load& load = loads_.push_used();
  load.values = beat.values;
  load.rows = beat.rows;
  load.loaded = loaded;
  load.col = 0;
}

template <class Sum>
void RegisterStationary<Sum>::enter(Cycles /*now*/, const OperandRows& beat, bool first,
                                    std::int64_t cols) {
  for (std::int64_t r = 0; r < rows_; ++r) {
    const auto k = static_cast<std::size_t>(r);
    operand_skew_.put(r, k < beat.values.size() ? beat.values[k] : std::int16_t{0});
    valid_skew_.put(r, 1);
    first_skew_.put(r, first ? 1 : 0);
  }
  widths_.push(cols);
}

template <class Sum>
bool RegisterStationary<Sum>::step(Cycles /*now*/, SumRows& out) {
  // 1. the first column's operands come from the skew registers
  feed();
  // 2. where a fold's first row passes, the shadow register becomes the stationary operand
  swap_stationary();
  // 3. every PE adds its product to the psum from above
  multiply();
  // 4. the last row's psums leave through the deskew registers
  const bool delivered = deliver(out);
  // 5. clock edge: shadow registers shift down, operands to the right
  shift_loads();
  shift_operands();
  return delivered;
}

template <class Sum>
void RegisterStationary<Sum>::feed() {
  const auto operands = operand_skew_.out();
  const auto valid = valid_skew_.out();
  const auto first = first_skew_.out();
  for (std::int64_t r = 0; r < rows_; ++r) {
    const auto lane = static_cast<std::size_t>(r);
    operand_(r, 0) = operands[lane];
    if (valid[lane] != 0) {
      valid_.set(r, 0);
    }
    if (first[lane] != 0) {
      first_.set(r, 0);
    }
  }
  operand_skew_.step();
  valid_skew_.step();
  first_skew_.step();
}

template <class Sum>
void RegisterStationary<Sum>::swap_stationary() {
  for (std::int64_t r = 0; r < rows_; ++r) {
    first_.for_each(r, [&](std::int64_t c) { stationary_(r, c) = shadow_(c, r); });
  }
}

template <class Sum>
void RegisterStationary<Sum>::multiply() {
  // From the bottom up: the row above still has the psums of the cycle before.
  for (std::int64_t r = rows_ - 1; r > 0; --r) {
    kernels::multiply_add(operand_.row(r), stationary_.row(r), std::as_const(psum_).row(r - 1),
                          psum_.row(r));
  }
  std::ranges::fill(psum_.row(0), Sum{0});
  kernels::multiply_add(operand_.row(0), stationary_.row(0), std::as_const(psum_).row(0),
                        psum_.row(0));
}

template <class Sum>
bool RegisterStationary<Sum>::deliver(SumRows& out) {
  const auto bottom = psum_.row(rows_ - 1);
  valid_.for_each(rows_ - 1,
                  [&](std::int64_t c) { deskew_.put(c, bottom[static_cast<std::size_t>(c)]); });
  const bool delivered = valid_.test(rows_ - 1, cols_ - 1);
  if (delivered) {
    const auto sums = deskew_.out().first(static_cast<std::size_t>(widths_.front()));
    out.sums.assign(sums.begin(), sums.end());
    out.rows = 1;
    widths_.pop();
  }
  deskew_.step();
  return delivered;
}

/// Rows of the stationary operand that have entered a column move down with those behind them; what
/// lies below, of the fold before, stays until it is taken over.
template <class Sum>
void RegisterStationary<Sum>::shift_loads() {
  for (std::size_t index = 0; index < loads_.size(); ++index) {
    Load& load = loads_[index];
    const auto column = shadow_.row(load.col);
    const auto width = static_cast<std::int64_t>(load.values.size()) / load.rows;
    std::copy_backward(column.begin(), column.begin() + load.loaded,
                       column.begin() + load.loaded + load.rows);
    for (std::int64_t i = 0; i < load.rows; ++i) {
      column[static_cast<std::size_t>(load.rows - 1 - i)] =
          load.col < width ? load.values[static_cast<std::size_t>(i * width + load.col)]
                           : std::int16_t{0};
    }
    ++load.col;
  }
  while (!loads_.empty() && loads_.front().col == cols_) {
    loads_.pop();
  }
}

template <class Sum>
void RegisterStationary<Sum>::shift_operands() {
  std::int16_t* const all = operand_.view().data();
  std::copy_backward(all, all + rows_ * cols_ - 1, all + rows_ * cols_);
  valid_.shift_right();
  first_.shift_right();
}

template <class Sum>
bool RegisterStationary<Sum>::delivers(Cycles /*now*/) const {
  return cols_ > 1 ? valid_.test(rows_ - 1, cols_ - 1)
                   : valid_skew_.out()[static_cast<std::size_t>(rows_ - 1)] != 0;
}

template <class Sum>
std::optional<Cycles> RegisterStationary<Sum>::next_event(Cycles now) const {
  return empty() && loads_.empty() ? std::nullopt : std::optional(now + 1);
}

template <class Sum>
void RegisterStationary<Sum>::reset() {
  operand_skew_.clear();
  valid_skew_.clear();
  first_skew_.clear();
  operand_ = IntMatrix(rows_, cols_);
  valid_.clear();
  first_.clear();
  deskew_.clear();
  loads_.clear();
  widths_.clear();
}

template <class Sum>
void RegisterStationary<Sum>::add_signals(Signals& signals, const std::string& prefix) const {
  signals.add_registers(prefix, "operand", operand_);
  valid_.add_signals(signals, prefix, "valid");
  first_.add_signals(signals, prefix, "first");
  signals.add_registers(prefix, "stationary", stationary_);
  signals.add_registers(prefix, "psum", psum_);
  for (std::int64_t row = 0; row < rows_; ++row) {
    for (std::int64_t col = 0; col < cols_; ++col) {
      signals.add(Signals::register_name(prefix, row, col, "shadow"), 16,
                  [this, row, col] { return std::int64_t{shadow_(col, row)}; });
    }
  }
}

template class RegisterStationary<std::int32_t>;
template class RegisterStationary<std::int64_t>;

}  // namespace vitsim::hw
