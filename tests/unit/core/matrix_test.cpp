// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/matrix.h"

#include <gmock/gmock.h>

namespace vitsim {
namespace {

using ::testing::ElementsAre;

TEST(MatrixView, BlockIsAWindowOnTheSameElements) {
  Matrix<int> matrix(3, 4, {0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23});
  const MatrixView<int> block = matrix.view().block(1, 2, 2, 2);
  EXPECT_THAT(block.row(0), ElementsAre(12, 13));
  EXPECT_THAT(block.row(1), ElementsAre(22, 23));
  block(1, 0) = 7;
  EXPECT_EQ(matrix(2, 2), 7);
}

TEST(Matrix, IsZeroAtFirst) {
  const Matrix<int> matrix(2, 2);
  EXPECT_THAT(matrix.elements(), ElementsAre(0, 0, 0, 0));
}

TEST(Transposed, HasTheColumnsOfTheViewAsRows) {
  const Matrix<int> matrix(2, 4, {0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(transposed(matrix.view()), Matrix<int>(4, 2, {0, 4, 1, 5, 2, 6, 3, 7}));
  EXPECT_EQ(transposed(matrix.view().block(0, 1, 2, 2)), Matrix<int>(2, 2, {1, 5, 2, 6}));
  EXPECT_EQ(transposed(Matrix<int>(0, 3).view()).rows(), 3);
}

}  // namespace
}  // namespace vitsim
