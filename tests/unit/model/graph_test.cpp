// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/graph.h"

#include <gmock/gmock.h>

namespace vitsim::model {
namespace {

using testing::ElementsAre;

View view(TensorId tensor, std::int64_t rows = 1, std::int64_t cols = 1) {
  return {tensor, 0, 0, rows, cols};
}

std::vector<TensorId> inputs(const Op& op) {
  std::vector<TensorId> ids;
  for (const View& in : inputs_of(op)) {
    ids.push_back(in.tensor);
  }
  return ids;
}

TEST(Tensor, HasPackedRows) {
  Tensor tensor;
  tensor.rows = 3;
  tensor.cols = 5;
  tensor.element_bytes = 2;
  EXPECT_EQ(tensor.row_bytes(), 10);
  EXPECT_EQ(tensor.size_bytes(), 30);
}

TEST(Tensor, HasAScaleForEachOfEqualGroupsOfColumns) {
  Tensor tensor;
  tensor.cols = 6;
  tensor.scales = {1, 2, 3};
  std::vector<double> scales;
  for (std::int64_t col = 0; col < tensor.cols; ++col) {
    scales.push_back(tensor.scale_of_column(col));
  }
  EXPECT_THAT(scales, ElementsAre(1, 1, 2, 2, 3, 3));
}

TEST(ShapeOf, TakesNFromTheRowsOfATransposedOperand) {
  Matmul matmul;
  matmul.lhs = view(0, 5, 7);
  matmul.rhs = view(1, 7, 3);
  EXPECT_EQ(shape_of(matmul).m, 5);
  EXPECT_EQ(shape_of(matmul).k, 7);
  EXPECT_EQ(shape_of(matmul).n, 3);
  EXPECT_EQ(shape_of(matmul).macs(), 105);
  matmul.rhs = view(1, 4, 7);
  matmul.rhs_transposed = true;
  EXPECT_EQ(shape_of(matmul).n, 4);
}

TEST(ShapeOf, TakesMAndKFromTheOtherSidesOfATransposedLeftOperand) {
  Matmul matmul;
  matmul.lhs = view(0, 7, 5);
  matmul.lhs_transposed = true;
  matmul.rhs = view(1, 7, 3);
  EXPECT_EQ(shape_of(matmul).m, 5);
  EXPECT_EQ(shape_of(matmul).k, 7);
  EXPECT_EQ(shape_of(matmul).n, 3);
}

TEST(ProductOf, IsThatOfEachKindOfProductAndOfNothingElse) {
  Op op{.name = "", .layer = "", .out = view(9), .work = Matmul{.lhs = view(1), .rhs = view(2)}};
  ASSERT_NE(product_of(op), nullptr);
  EXPECT_EQ(product_of(op)->lhs.tensor, 1);
  op.work = CorrectedMatmul{{.lhs = view(3), .rhs = view(2)}, view(5), view(6)};
  ASSERT_NE(product_of(op), nullptr);
  EXPECT_EQ(product_of(op)->lhs.tensor, 3);
  TaylorContext context;
  context.product = {.lhs = view(4), .rhs = view(2)};
  op.work = context;
  ASSERT_NE(product_of(op), nullptr);
  EXPECT_EQ(product_of(op)->lhs.tensor, 4);
  op.work = TokenSum{.in = view(5)};
  EXPECT_EQ(product_of(op), nullptr);
  op.work = Softmax{view(5), {}};
  EXPECT_EQ(product_of(op), nullptr);
}

TEST(InputsOf, AreAllThatAStepOfTaylorAttentionReads) {
  const Matmul product{.lhs = view(0), .rhs = view(1)};
  EXPECT_THAT(inputs({"", "", view(9), CorrectedMatmul{product, view(2), view(3)}}),
              ElementsAre(0, 1, 2, 3));
  TaylorContext context;
  context.product = product;
  context.v_sum = view(2);
  EXPECT_THAT(inputs({"", "", view(9), context}), ElementsAre(0, 1, 2));
  context.k_hat_sum = view(3);
  EXPECT_THAT(inputs({"", "", view(9), context}), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(inputs({"", "", view(9), TokenSum{.in = view(4)}}), ElementsAre(4));
  EXPECT_THAT(inputs({"", "", view(9), TokenMean{view(4), {}}}), ElementsAre(4));
  EXPECT_THAT(inputs({"", "", view(9), Center{view(4), view(5), {}}}), ElementsAre(4, 5));
  EXPECT_THAT(inputs({"", "", view(9), CenterFeatures{view(4), {}, {}}}), ElementsAre(4));
  EXPECT_THAT(inputs({"", "", view(9), CenterResidue{view(4), view(5), {}}}), ElementsAre(4, 5));
  EXPECT_THAT(inputs({"", "", view(9), Requantize{view(4), {}}}), ElementsAre(4));
}

TEST(InputsOf, AreAllThatAnOperatorReads) {
  Matmul matmul;
  matmul.lhs = view(0);
  matmul.rhs = view(1);
  EXPECT_THAT(inputs({"", "", view(9), matmul}), ElementsAre(0, 1));
  matmul.params = view(2);
  matmul.residual = view(3);
  EXPECT_THAT(inputs({"", "", view(9), matmul}), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(inputs({"", "", view(9), Softmax{view(4), {}}}), ElementsAre(4));
  EXPECT_THAT(inputs({"", "", view(9), Gelu{view(4), {}}}), ElementsAre(4));
  EXPECT_THAT(inputs({"", "", view(9), LayerNorm{view(4), view(5), 1}}), ElementsAre(4, 5));
  EXPECT_THAT(inputs({"", "", view(9), Add{view(4), view(5)}}), ElementsAre(4, 5));
}

}  // namespace
}  // namespace vitsim::model
