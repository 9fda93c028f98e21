// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <gtest/gtest.h>

#include "vitsim/model/graph.h"
#include "vitsim/model/vit_graph.h"
#include "vitsim/reference/weights.h"

namespace vitsim::model {
namespace {

View view(std::int64_t rows, std::int64_t cols) { return {0, 0, 0, rows, cols}; }

void expect_counts(const Operations& found, std::int64_t multiply, std::int64_t add,
                   std::int64_t divide, std::int64_t exp) {
  EXPECT_EQ(found.multiply, multiply);
  EXPECT_EQ(found.add, add);
  EXPECT_EQ(found.divide, divide);
  EXPECT_EQ(found.exp, exp);
}

Operations count(const View& out, decltype(Op::work) work) {
  return operations_of({.name = "", .layer = "", .out = out, .work = std::move(work)});
}

constexpr std::int64_t kTokens = 197;
constexpr std::int64_t kDim = 64;

TEST(OperationsOf, AProductAreItsMacsWhicheverOperandIsTransposed) {
  const Matmul matmul{.lhs = view(5, 7), .rhs = view(7, 3), .residual = view(5, 3)};
  expect_counts(count(view(5, 3), matmul), 105, 105, 0, 0);
  const Matmul turned{.lhs = view(7, 5), .rhs = view(7, 3), .lhs_transposed = true};
  expect_counts(count(view(5, 3), turned), 105, 105, 0, 0);
}

TEST(OperationsOf, ACorrectedProductAreOneMoreOfEachForAResult) {
  const CorrectedMatmul op{
      .product = {.lhs = view(7, 5), .rhs = view(7, 3), .lhs_transposed = true},
      .k_mean = view(1, 5),
      .v_sum = view(1, 6)};
  expect_counts(count(view(5, 3), op), 105 + 15, 105 + 15, 0, 0);
}

TEST(OperationsOf, AContextHaveDivisorsWhereTheyAreComputed) {
  TaylorContext op;
  op.product = {.lhs = view(7, 4), .rhs = view(4, 4)};
  op.v_sum = view(1, 8);
  expect_counts(count(view(7, 4), op), 7 * 16, 7 * 16 + 28, 28, 0);
  op.k_hat_sum = view(1, 4);
  expect_counts(count(view(7, 4), op), 7 * 16 + 28, 7 * 16 + 28 + 28 + 7, 28, 0);
}

TEST(OperationsOf, RowsAreThoseOfEachElement) {
  expect_counts(count(view(3, 5), Softmax{view(3, 5), {}}), 0, 0, 15, 15);
  expect_counts(count(view(3, 5), Gelu{view(3, 5), {}}), 30, 15, 15, 15);
  expect_counts(count(view(3, 5), LayerNorm{view(3, 5), view(1, 5), 1}), 30, 60, 15 + 6, 0);
  expect_counts(count(view(3, 5), Add{view(3, 5), view(3, 5)}), 0, 15, 0, 0);
  expect_counts(count(view(1, 10), TokenSum{.in = view(3, 5)}), 0, 15, 0, 0);
  expect_counts(count(view(1, 5), TokenMean{view(1, 10), {}}), 0, 0, 5, 0);
  expect_counts(count(view(3, 5), Center{view(3, 5), view(1, 5), {}}), 0, 15, 0, 0);
  expect_counts(count(view(3, 5), CenterFeatures{view(3, 5), {}, {}}), 0, 30, 3, 0);
  expect_counts(count(view(1, 5), CenterResidue{view(1, 10), view(1, 5), {}}), 5, 5, 0, 0);
  expect_counts(count(view(3, 5), Requantize{view(3, 5), {}}), 0, 0, 0, 0);
}

/// The attention layer of a DeiT with `heads` heads; its other layers are small, for speed.
Operations attention_operations(config::Attention attention, int heads) {
  config::Config config;
  config.attention = attention;
  config.accelerator.softmax_unit.emplace();
  config.accelerator.gelu_unit.emplace();
  config.accelerator.layer_norm_unit.emplace();
  config.accelerator.vector_unit.emplace();
  config.accelerator.taylor_pipeline.emplace();
  config::Model model;
  model.image_size = 14;
  model.patch_size = 1;
  model.channels = 1;
  model.embed_dim = static_cast<int>(kDim) * heads;
  model.heads = heads;
  model.depth = 1;
  model.mlp_ratio = 0.02;
  model.classes = 2;
  EXPECT_EQ(model.tokens(), kTokens);
  const Graph graph = build_vit_graph(config, model, reference::random_weights(1, model),
                                      reference::fixed_ranges(model, attention));
  Operations operations;
  for (const Op& op : graph.ops) {
    const bool linear = op.layer.ends_with(".qkv") || op.layer.ends_with(".proj");
    if (op.layer.starts_with("blocks.0.attn.") && !linear) {
      operations += operations_of(op);
    }
  }
  return operations;
}

/// Twelve layers, in millions to two decimals.
double millions(std::int64_t of_a_layer) {
  return std::round(12 * static_cast<double>(of_a_layer) / 1e4) / 100;
}

struct DeitRow {
  int heads;
  double softmax_products;
  double softmax_quotients;
  double multiply;
  double add;
  double divide;
};

class DeitAttention : public testing::TestWithParam<DeitRow> {};

TEST_P(DeitAttention, AsksForTheOperationsThatThePublishedComparisonCounts) {
  const DeitRow& row = GetParam();
  const std::int64_t n = kTokens;
  const std::int64_t d = kDim;
  const Operations softmax = attention_operations(config::Attention::kSoftmax, row.heads);
  expect_counts(softmax, row.heads * 2 * n * n * d, row.heads * 2 * n * n * d, row.heads * n * n,
                row.heads * n * n);
  EXPECT_DOUBLE_EQ(millions(softmax.multiply), row.softmax_products);
  EXPECT_DOUBLE_EQ(millions(softmax.divide), row.softmax_quotients);
  const Operations taylor = attention_operations(config::Attention::kTaylor, row.heads);
  expect_counts(taylor, row.heads * (2 * n * d * d + n * d),
                row.heads * (2 * n * d * d + 6 * n * d + n), row.heads * (n * d + d), 0);
  EXPECT_DOUBLE_EQ(millions(taylor.multiply), row.multiply);
  EXPECT_DOUBLE_EQ(millions(taylor.add), row.add);
  EXPECT_DOUBLE_EQ(millions(taylor.divide), row.divide);
}

INSTANTIATE_TEST_SUITE_P(Models, DeitAttention,
                         testing::Values(DeitRow{3, 178.83, 1.40, 58.55, 60.83, 0.46},
                                         DeitRow{6, 357.66, 2.79, 117.10, 121.66, 0.91},
                                         DeitRow{12, 715.33, 5.59, 234.21, 243.31, 1.82}),
                         [](const auto& test) {
                           return "Heads" + std::to_string(test.param.heads);
                         });

}  // namespace
}  // namespace vitsim::model
