// SPDX-License-Identifier: Apache-2.0
#include "support/array_feed.h"

#include <algorithm>

namespace vitsim::test {
namespace {

using View = MatrixView<const std::int16_t>;

View rows_of(View all, std::int64_t first, std::int64_t count) {
  return all.block(first, 0, count, all.cols());
}

View cols_of(View all, std::int64_t first, std::int64_t count) {
  return all.block(0, first, all.rows(), count);
}

std::vector<std::int16_t> column(View all, std::int64_t col) {
  std::vector<std::int16_t> values;
  for (std::int64_t row = 0; row < all.rows(); ++row) {
    values.push_back(all(row, col));
  }
  return values;
}

std::vector<std::int16_t> row(View all, std::int64_t index) {
  const auto values = all.row(index);
  return {values.begin(), values.end()};
}

/// The product by its definition.
Matrix<std::int64_t> product(View lhs, View rhs) {
  Matrix<std::int64_t> sums(lhs.rows(), rhs.cols());
  for (std::int64_t m = 0; m < lhs.rows(); ++m) {
    for (std::int64_t k = 0; k < lhs.cols(); ++k) {
      for (std::int64_t n = 0; n < rhs.cols(); ++n) {
        sums(m, n) += std::int64_t{lhs(m, k)} * rhs(k, n);
      }
    }
  }
  return sums;
}

void add_rows(const Matrix<std::int64_t>& sums, ArrayFeed& feed) {
  for (std::int64_t r = 0; r < sums.rows(); ++r) {
    feed.sums.emplace_back(sums.row(r).begin(), sums.row(r).end());
  }
}

/// PE row r gets row r of `held`, zeros beyond; the last row of PEs enters first.
void add_stationary(const config::PeArray& array, View held, std::vector<hw::OperandRows>& beats) {
  for (std::int64_t pe_row = array.rows - 1; pe_row >= 0;) {
    hw::OperandRows& beat = beats.emplace_back();
    for (beat.rows = 0; beat.rows < array.weight_rows_per_cycle && pe_row >= 0; --pe_row) {
      ++beat.rows;
      if (pe_row < held.rows()) {
        const auto values = held.row(pe_row);
        beat.values.insert(beat.values.end(), values.begin(), values.end());
      } else {
        beat.values.resize(beat.values.size() + static_cast<std::size_t>(held.cols()));
      }
    }
  }
}

void add_weight_stationary(const config::PeArray& array, View lhs, View rhs, ArrayFeed& feed) {
  for (std::int64_t k = 0; k < lhs.cols(); k += array.rows) {
    const std::int64_t depth = std::min<std::int64_t>(array.rows, lhs.cols() - k);
    add_stationary(array, rows_of(rhs, k, depth), feed.rhs);
    const View stream = cols_of(lhs, k, depth);
    for (std::int64_t m = 0; m < stream.rows(); ++m) {
      feed.lhs.push_back({row(stream, m)});
    }
    add_rows(product(stream, rows_of(rhs, k, depth)), feed);
  }
}

void add_input_stationary(const config::PeArray& array, View lhs, View rhs, ArrayFeed& feed) {
  for (std::int64_t k = 0; k < lhs.cols(); k += array.rows) {
    const std::int64_t depth = std::min<std::int64_t>(array.rows, lhs.cols() - k);
    const IntMatrix held = transposed(cols_of(lhs, k, depth));
    add_stationary(array, held.view(), feed.lhs);
    const View stream = rows_of(rhs, k, depth);
    for (std::int64_t n = 0; n < stream.cols(); ++n) {
      feed.rhs.push_back({column(stream, n)});
    }
    const auto sums = product(cols_of(lhs, k, depth), stream);
    add_rows(transposed(sums.view()), feed);
  }
}

void add_output_stationary(const config::PeArray& array, View lhs, View rhs, ArrayFeed& feed) {
  for (std::int64_t m = 0; m < lhs.rows(); m += array.rows) {
    const View rows = rows_of(lhs, m, std::min<std::int64_t>(array.rows, lhs.rows() - m));
    for (std::int64_t k = 0; k < lhs.cols(); ++k) {
      feed.lhs.push_back({column(rows, k)});
      feed.rhs.push_back({row(rhs, k)});
    }
  }
  add_rows(product(lhs, rhs), feed);
}

void add_row_wise(const config::PeArray& array, View lhs, View rhs, ArrayFeed& feed) {
  const std::int64_t width = std::int64_t{array.blocks} * array.macs_per_block;
  for (std::int64_t m = 0; m < lhs.rows(); m += array.rows) {
    const View tokens = rows_of(lhs, m, std::min<std::int64_t>(array.rows, lhs.rows() - m));
    hw::OperandRows& block = feed.lhs.emplace_back();
    block.rows = tokens.rows();
    for (std::int64_t p = 0; p < tokens.rows(); ++p) {
      block.values.insert(block.values.end(), tokens.row(p).begin(), tokens.row(p).end());
    }
    for (std::int64_t n = 0; n < rhs.cols(); ++n) {
      for (std::int64_t k = 0; k < rhs.rows(); k += width) {
        feed.rhs.push_back({column(rows_of(rhs, k, std::min(width, rhs.rows() - k)), n)});
      }
    }
    const auto sums = product(tokens, rhs);
    add_rows(transposed(sums.view()), feed);
  }
}

}  // namespace

std::vector<ProductPart> parts_of(const model::GemmShape& product, const config::PeArray& array) {
  std::vector<ProductPart> parts;
  if (array.kind == config::ArrayKind::kRowWise) {
    parts.push_back({0, 0, product});
  } else if (array.dataflow == config::Dataflow::kInputStationary) {
    for (std::int64_t m = 0; m < product.m; m += array.cols) {
      parts.push_back(
          {m, 0, {std::min<std::int64_t>(array.cols, product.m - m), product.k, product.n}});
    }
  } else {
    for (std::int64_t n = 0; n < product.n; n += array.cols) {
      parts.push_back(
          {0, n, {product.m, product.k, std::min<std::int64_t>(array.cols, product.n - n)}});
    }
  }
  return parts;
}

void add_feed(const config::PeArray& array, View lhs, View rhs, ArrayFeed& feed) {
  if (array.kind == config::ArrayKind::kRowWise) {
    add_row_wise(array, lhs, rhs, feed);
    return;
  }
  switch (array.dataflow) {
    case config::Dataflow::kWeightStationary:
      add_weight_stationary(array, lhs, rhs, feed);
      break;
    case config::Dataflow::kInputStationary:
      add_input_stationary(array, lhs, rhs, feed);
      break;
    case config::Dataflow::kOutputStationary:
      add_output_stationary(array, lhs, rhs, feed);
      break;
  }
}

}  // namespace vitsim::test
