// SPDX-License-Identifier: Apache-2.0
#include "register_output.h"

#include <algorithm>
#include <utility>

#include "vitsim/kernels/multiply_add.h"

namespace vitsim::hw {

RegisterOutput::RegisterOutput(const config::PeArray& array)
    : exposed_(array.drain == config::Drain::kExposed),
      rows_(array.rows),
      cols_(array.cols),
      lhs_skew_(rows_, false),
      rhs_skew_(cols_, false),
      last_skew_(rows_, false),
      lhs_(rows_, cols_),
      rhs_(rows_, cols_),
      last_(rows_, cols_),
      sums_(rows_, cols_),
      waiting_(static_cast<std::size_t>(exposed_ ? 0 : rows_)),
      waiting_sums_(exposed_ ? 0 : rows_, cols_),
      finished_(cols_, exposed_ ? rows_ : 0),
      has_finished_(cols_, exposed_ ? rows_ : 0),
      drain_skew_(rows_, false),
      drain_(1, cols_),
      shifts_(static_cast<std::size_t>(cols_), -1),
      deskew_(cols_, true) {}

void RegisterOutput::enter(Cycles /*now*/, const OperandRows& lhs, const OperandRows& rhs,
                           bool last) {
  const Fold fold{static_cast<std::int64_t>(lhs.values.size()),
                  static_cast<std::int64_t>(rhs.values.size()), 0};
  for (std::int64_t m = 0; m < fold.rows; ++m) {
    const std::int64_t row = pe_row(fold, m);
    lhs_skew_.put(row, lhs.values[static_cast<std::size_t>(m)]);
    last_skew_.put(row, last ? 1 : 0);
  }
  for (std::int64_t n = 0; n < fold.cols; ++n) {
    rhs_skew_.put(n, rhs.values[static_cast<std::size_t>(n)]);
  }
  drain_skew_.put(rows_ - 1, last ? 1 : 0);
  partial_ = !last;
  if (last) {
    folds_.push(fold);
  }
}

bool RegisterOutput::step(Cycles /*now*/, SumRows& out) {
  // 1. the first column's and row's operands come from the skew registers
  feed();
  // 2. every PE adds its product to its sum
  multiply();
  // 3. finished sums leave the PEs, and the array
  out.rows = 0;
  out.sums.clear();
  bool delivered = false;
  if (exposed_) {
    delivered = drain(out);
    finish_exposed();
  } else {
    finish_hidden();
    delivered = deliver_waiting(out);
  }
  // 4. clock edge: operands move to the right and down
  shift_operands();
  return delivered;
}

void RegisterOutput::feed() {
  const auto lhs = lhs_skew_.out();
  const auto last = last_skew_.out();
  for (std::int64_t r = 0; r < rows_; ++r) {
    lhs_(r, 0) = lhs[static_cast<std::size_t>(r)];
    if (last[static_cast<std::size_t>(r)] != 0) {
      last_.set(r, 0);
    }
  }
  std::ranges::copy(rhs_skew_.out(), rhs_.row(0).begin());
  lhs_skew_.step();
  last_skew_.step();
  rhs_skew_.step();
}

void RegisterOutput::multiply() {
  for (std::int64_t r = 0; r < rows_; ++r) {
    kernels::multiply_add(lhs_.row(r), rhs_.row(r), std::as_const(sums_).row(r), sums_.row(r));
  }
}

void RegisterOutput::finish_hidden() {
  for (std::int64_t r = 0; r < rows_; ++r) {
    last_.for_each(r, [&](std::int64_t c) {
      auto& rows = waiting_[static_cast<std::size_t>(r)];
      const auto index = static_cast<std::size_t>(waiting_sums_(r, c)++);
      if (index == rows.size()) {
        rows.push_used().sums.resize(static_cast<std::size_t>(cols_));
      }
      rows[index].sums[static_cast<std::size_t>(c)] = std::exchange(sums_(r, c), 0);
      rows[index].complete = c == cols_ - 1;
    });
  }
}

bool RegisterOutput::deliver_waiting(SumRows& out) {
  while (!folds_.empty()) {
    Fold& fold = folds_.front();
    const std::int64_t r = pe_row(fold, fold.left);
    auto& rows = waiting_[static_cast<std::size_t>(r)];
    if (rows.empty() || !rows.front().complete) {
      break;
    }
    leave(out, rows.front().sums);
    rows.pop();
    for (std::int32_t& waiting : waiting_sums_.row(r)) {
      --waiting;
    }
    if (fold.left == fold.rows) {
      folds_.pop();
      break;  // a beat holds rows of one fold
    }
  }
  return out.rows > 0;
}

/// Columns in which a fold has finished shift its sums down. A PE whose sum has gone may finish the
/// next fold's meanwhile; that stays.
bool RegisterOutput::drain(SumRows& out) {
  bool delivered = false;
  for (std::int64_t c = 0; c < cols_; ++c) {
    std::int64_t& shift = shifts_[static_cast<std::size_t>(c)];
    if (shift >= 0) {
      const auto column = finished_.row(c);
      const auto has = has_finished_.row(c);
      if (has.back() != 0) {
        deskew_.put(c, column.back());
        delivered = c == cols_ - 1;
      }
      std::copy_backward(column.begin() + shift, column.end() - 1, column.end());
      std::copy_backward(has.begin() + shift, has.end() - 1, has.end());
      has[static_cast<std::size_t>(shift)] = 0;
      shift = shift + 1 == rows_ ? -1 : shift + 1;
    }
  }
  if (delivered) {
    leave(out, deskew_.out());
    if (folds_.front().left == folds_.front().rows) {
      folds_.pop();
    }
  }
  deskew_.step();
  // Columns whose last PE finishes in this cycle begin in the next.
  if (drain_skew_.out()[static_cast<std::size_t>(rows_ - 1)] != 0) {
    drain_.set(0, 0);
  }
  drain_skew_.step();
  drain_.for_each(0, [&](std::int64_t c) { shifts_[static_cast<std::size_t>(c)] = 0; });
  drain_.shift_right();
  return delivered;
}

void RegisterOutput::finish_exposed() {
  for (std::int64_t r = 0; r < rows_; ++r) {
    last_.for_each(r, [&](std::int64_t c) {
      finished_(c, r) = std::exchange(sums_(r, c), 0);
      has_finished_(c, r) = 1;
    });
  }
}

void RegisterOutput::leave(SumRows& out, std::span<const Sum> sums) {
  Fold& fold = folds_.front();
  const auto counted = sums.first(static_cast<std::size_t>(fold.cols));
  out.sums.insert(out.sums.end(), counted.begin(), counted.end());
  ++out.rows;
  ++fold.left;
}

void RegisterOutput::shift_operands() {
  std::int16_t* const lhs = lhs_.view().data();
  std::copy_backward(lhs, lhs + rows_ * cols_ - 1, lhs + rows_ * cols_);
  std::int16_t* const rhs = rhs_.view().data();
  std::copy_backward(rhs, rhs + (rows_ - 1) * cols_, rhs + rows_ * cols_);
  last_.shift_right();
}

bool RegisterOutput::delivers(Cycles /*now*/) const {
  if (folds_.empty()) {
    return false;
  }
  if (exposed_) {
    return shifts_.back() >= 0 && has_finished_.row(cols_ - 1).back() != 0;
  }
  const std::int64_t r = pe_row(folds_.front(), folds_.front().left);
  const auto& rows = waiting_[static_cast<std::size_t>(r)];
  return (!rows.empty() && rows.front().complete) || last_.test(r, cols_ - 1);
}

std::optional<Cycles> RegisterOutput::next_event(Cycles now) const {
  return empty() ? std::nullopt : std::optional(now + 1);
}

void RegisterOutput::reset() {
  partial_ = false;
  lhs_skew_.clear();
  rhs_skew_.clear();
  last_skew_.clear();
  lhs_ = IntMatrix(rows_, cols_);
  rhs_ = IntMatrix(rows_, cols_);
  last_.clear();
  sums_ = Matrix<Sum>(rows_, cols_);
  folds_.clear();
  for (auto& rows : waiting_) {
    rows.clear();
  }
  waiting_sums_ = Matrix<std::int32_t>(waiting_sums_.rows(), cols_);
  has_finished_ = Matrix<std::uint8_t>(cols_, has_finished_.cols());
  drain_skew_.clear();
  drain_.clear();
  shifts_.assign(shifts_.size(), -1);
  deskew_.clear();
}

void RegisterOutput::add_signals(Signals& signals, const std::string& prefix) const {
  signals.add_registers(prefix, "lhs", lhs_);
  signals.add_registers(prefix, "rhs", rhs_);
  last_.add_signals(signals, prefix, "last");
  signals.add_registers(prefix, "sum", sums_);
}

}  // namespace vitsim::hw
