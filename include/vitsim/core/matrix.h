// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace vitsim {

/// A window on a row-major matrix that somebody else owns. `pitch` is the distance of two rows in
/// elements. `T` may be const.
template <class T>
class MatrixView {
 public:
  MatrixView() = default;
  MatrixView(T* data, std::int64_t rows, std::int64_t cols, std::int64_t pitch)
      : data_(data), rows_(rows), cols_(cols), pitch_(pitch) {}
  /// A view of mutable elements is also a view of constant ones.
  operator MatrixView<const T>() const { return {data_, rows_, cols_, pitch_}; }  // NOLINT

  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t cols() const { return cols_; }
  [[nodiscard]] std::int64_t pitch() const { return pitch_; }
  [[nodiscard]] T* data() const { return data_; }
  [[nodiscard]] std::span<T> row(std::int64_t r) const {
    assert(r >= 0 && r < rows_);
    return {data_ + r * pitch_, static_cast<std::size_t>(cols_)};
  }
  T& operator()(std::int64_t r, std::int64_t c) const {
    assert(r >= 0 && r < rows_ && c >= 0 && c < cols_);
    return data_[r * pitch_ + c];
  }
  /// The window of `rows` x `cols` elements that begins at (row, col).
  [[nodiscard]] MatrixView block(std::int64_t row, std::int64_t col, std::int64_t rows,
                                 std::int64_t cols) const {
    assert(row >= 0 && col >= 0 && row + rows <= rows_ && col + cols <= cols_);
    return {data_ + row * pitch_ + col, rows, cols, pitch_};
  }

 private:
  T* data_ = nullptr;
  std::int64_t rows_ = 0;
  std::int64_t cols_ = 0;
  std::int64_t pitch_ = 0;
};

/// A row-major matrix that owns its elements; zero at first.
template <class T>
class Matrix {
 public:
  Matrix() = default;
  Matrix(std::int64_t rows, std::int64_t cols)
      : rows_(rows), cols_(cols), elements_(static_cast<std::size_t>(rows * cols)) {}
  Matrix(std::int64_t rows, std::int64_t cols, std::vector<T> elements)
      : rows_(rows), cols_(cols), elements_(std::move(elements)) {
    assert(static_cast<std::size_t>(rows * cols) == elements_.size());
  }

  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t cols() const { return cols_; }
  [[nodiscard]] const std::vector<T>& elements() const { return elements_; }
  [[nodiscard]] MatrixView<T> view() { return {elements_.data(), rows_, cols_, cols_}; }
  [[nodiscard]] MatrixView<const T> view() const { return {elements_.data(), rows_, cols_, cols_}; }
  [[nodiscard]] std::span<T> row(std::int64_t r) { return view().row(r); }
  [[nodiscard]] std::span<const T> row(std::int64_t r) const { return view().row(r); }
  T& operator()(std::int64_t r, std::int64_t c) { return view()(r, c); }
  const T& operator()(std::int64_t r, std::int64_t c) const { return view()(r, c); }
  friend bool operator==(const Matrix&, const Matrix&) = default;

 private:
  std::int64_t rows_ = 0;
  std::int64_t cols_ = 0;
  std::vector<T> elements_;
};

/// A copy whose rows are the columns of `view`.
template <class T>
Matrix<std::remove_const_t<T>> transposed(MatrixView<T> view) {
  Matrix<std::remove_const_t<T>> copy(view.cols(), view.rows());
  for (std::int64_t r = 0; r < view.rows(); ++r) {
    for (std::int64_t c = 0; c < view.cols(); ++c) {
      copy(c, r) = view(r, c);
    }
  }
  return copy;
}

/// All integers that the machine keeps in memory have at most 16 bits; the reference network holds
/// them in this type whatever their width.
using IntMatrix = Matrix<std::int16_t>;

}  // namespace vitsim
