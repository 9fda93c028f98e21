// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/gemm.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "vitsim/core/random.h"
#include "vitsim/kernels/gemm_tile.h"
#include "vitsim/kernels/highway_targets.h"

namespace vitsim::kernels {
namespace {

using ::testing::Each;

/// The definition.
Matrix<std::int64_t> naive(const IntMatrix& a, const IntMatrix& b) {
  Matrix<std::int64_t> sums(a.rows(), b.cols());
  for (std::int64_t m = 0; m < a.rows(); ++m) {
    for (std::int64_t n = 0; n < b.cols(); ++n) {
      for (std::int64_t k = 0; k < a.cols(); ++k) {
        sums(m, n) += std::int64_t{a(m, k)} * b(k, n);
      }
    }
  }
  return sums;
}

IntMatrix random_matrix(Random& random, std::int64_t rows, std::int64_t cols, int bits) {
  IntMatrix matrix(rows, cols);
  const std::int64_t end = std::int64_t{1} << (bits - 1);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < cols; ++c) {
      matrix(r, c) = static_cast<std::int16_t>(random.integer(-end, end - 1));
    }
  }
  return matrix;
}

IntMatrix filled(std::int64_t rows, std::int64_t cols, std::int16_t value) {
  return {rows, cols, std::vector<std::int16_t>(static_cast<std::size_t>(rows * cols), value)};
}

/// By each way of computing that this processor has, into a matrix that holds something else.
void expect_equal_to_naive(const IntMatrix& a, const IntMatrix& b, int a_bits, int b_bits) {
  const Matrix<std::int64_t> expected = naive(a, b);
  for (const GemmTile& tile : gemm_tiles()) {
    Matrix<std::int64_t> sums(a.rows(), b.cols(),
                              std::vector<std::int64_t>(expected.elements().size(), -77));
    gemm_by(tile, a.view(), b.view(), sums.view(), a_bits, b_bits);
    ASSERT_EQ(sums, expected) << tile.name << ' ' << a.rows() << 'x' << a.cols() << 'x' << b.cols()
                              << " bits " << a_bits << ' ' << b_bits;
  }
}

RC_GTEST_PROP(Gemm, EqualsTheDefinitionOnAnyShapeAndWidth, ()) {
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  const auto size = [](int high) { return rc::gen::inRange(1, high); };
  const int a_bits = *rc::gen::inRange(1, 17);
  const int b_bits = *rc::gen::inRange(1, 17);
  const IntMatrix a = random_matrix(random, *size(20), *size(600), a_bits);
  const IntMatrix b = random_matrix(random, a.cols(), *size(80), b_bits);
  expect_equal_to_naive(a, b, a_bits, b_bits);
}

TEST(Gemm, EqualsTheDefinitionAroundTheSizesOfTiles) {
  Random random(1);
  for (const std::int64_t m : {1, 3, 4, 5, 7, 8, 9, 17, 97}) {
    for (const std::int64_t k : {1, 2, 3, 5, 255, 256, 257, 513}) {
      for (const std::int64_t n : {1, 15, 16, 17, 31, 32, 33, 64, 81}) {
        const IntMatrix a = random_matrix(random, m, k, 8);
        const IntMatrix b = random_matrix(random, k, n, 8);
        expect_equal_to_naive(a, b, 8, 8);
        expect_equal_to_naive(a, b, 8, 9);  // not in bytes
      }
    }
  }
}

TEST(Gemm, IsExactForTheMostNegativeBytesAtEveryDepth) {
  for (const std::int64_t m : {1, 5}) {
    for (std::int64_t k = 1; k <= 1024; ++k) {
      const IntMatrix a = filled(m, k, -128);
      const IntMatrix b = filled(k, 19, -128);
      for (const GemmTile& tile : gemm_tiles()) {
        for (const int b_bits : {8, 9}) {
          Matrix<std::int64_t> sums(m, 19);
          gemm_by(tile, a.view(), b.view(), sums.view(), 8, b_bits);
          ASSERT_THAT(sums.elements(), Each(16384 * k)) << tile.name << ' ' << k << ' ' << b_bits;
        }
      }
    }
  }
}

TEST(Gemm, IsExactWhereBytesOfBothSignsMeet) {
  for (const std::int16_t a : std::to_array<std::int16_t>({-128, 127})) {
    for (const std::int16_t b : std::to_array<std::int16_t>({-128, 127})) {
      expect_equal_to_naive(filled(13, 259, a), filled(259, 70, b), 8, 8);
    }
  }
}

TEST(Gemm, SumsOfTheMostNegativeProductsNeverOverflowWhateverTheWidths) {
  for (int a_bits = 1; a_bits <= 16; ++a_bits) {
    for (int b_bits = 1; b_bits <= 16; ++b_bits) {
      const auto a = static_cast<std::int16_t>(-(1 << (a_bits - 1)));
      const auto b = static_cast<std::int16_t>(-(1 << (b_bits - 1)));
      for (const std::int64_t rows : {2, 7}) {
        expect_equal_to_naive(filled(rows, 600, a), filled(600, 33, b), a_bits, b_bits);
      }
    }
  }
}

TEST(Gemm, AddsMoreProductsThan32BitsHold) {
  expect_equal_to_naive(filled(1, 140000, -128), filled(140000, 1, -128), 8, 8);
}

TEST(Gemm, IsZeroWhereThereIsNothingToAdd) {
  expect_equal_to_naive(IntMatrix(3, 0), IntMatrix(0, 5), 8, 8);
}

TEST(Gemm, TakesMatricesWithoutRowsOrColumns) {
  expect_equal_to_naive(IntMatrix(0, 4), IntMatrix(4, 5), 8, 8);
  expect_equal_to_naive(IntMatrix(3, 4), IntMatrix(4, 0), 8, 8);
}

TEST(Gemm, ReadsAndWritesWindowsOfLargerMatricesOnly) {
  Random random(2);
  const IntMatrix a = random_matrix(random, 12, 30, 8);
  const IntMatrix b = random_matrix(random, 30, 90, 8);
  for (const GemmTile& tile : gemm_tiles()) {
    Matrix<std::int64_t> sums(12, 90, std::vector<std::int64_t>(1080, 5));
    gemm_by(tile, a.view().block(1, 2, 10, 27), b.view().block(3, 4, 27, 45),
            sums.view().block(1, 6, 10, 45), 8, 8);
    for (std::int64_t m = 0; m < 12; ++m) {
      for (std::int64_t n = 0; n < 90; ++n) {
        std::int64_t expected = 5;
        if (m >= 1 && m < 11 && n >= 6 && n < 51) {
          expected = 0;
          for (std::int64_t k = 0; k < 27; ++k) {
            expected += std::int64_t{a(m, k + 2)} * b(k + 3, n - 2);
          }
        }
        ASSERT_EQ(sums(m, n), expected) << tile.name << ' ' << m << ' ' << n;
      }
    }
  }
}

TEST(Gemm, ARowEqualsTheRowOfTheWholeProduct) {
  Random random(3);
  const IntMatrix a = random_matrix(random, 5, 64, 16);
  const IntMatrix b = random_matrix(random, 64, 70, 8);
  const Matrix<std::int64_t> expected = naive(a, b);
  for (std::int64_t m = 0; m < 5; ++m) {
    std::vector<std::int64_t> sums(70);
    gemm_row(a.row(m), b.view(), sums, 16, 8);
    EXPECT_THAT(sums, ::testing::ElementsAreArray(expected.row(m)));
  }
}

TEST(GemmTiles, AreThoseOfThisProcessorTheFastestFirstAndAPortableOne) {
  std::vector<std::string_view> names;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (target != HWY_SCALAR && target != HWY_EMU128) {
      names.emplace_back(hwy::TargetName(target));
    }
  }
  names.emplace_back("portable");
  std::vector<std::string_view> found;
  for (const GemmTile& tile : gemm_tiles()) {
    found.push_back(tile.name);
  }
  EXPECT_EQ(found, names);
}

}  // namespace
}  // namespace vitsim::kernels
