// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/program_text.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "vitsim/mapping/mapper.h"

#include "support/random_case.h"

namespace vitsim::mapping {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ProgramText : public testing::Test {
 protected:
  ProgramText() {
    for (const char* name : {"x", "w", "p", "r", "y"}) {
      graph_.tensors.emplace_back().name = name;
    }
  }

  static Operand operand(model::TensorId tensor, std::int64_t row, std::int64_t col,
                         std::int64_t rows, std::int64_t cols, Bytes address) {
    return {{address, rows, cols, cols}, {tensor, row, col, rows, cols}, 1};
  }

  model::Graph graph_;
};

TEST_F(ProgramText, OfTransfersNamesBothSides) {
  Command load;
  load.unit = Unit::kDmaLoad;
  load.waits = {1, 7};
  load.done = 8;
  load.work = Transfer{{4096, 3, 5, 10}, operand(0, 2, 10, 3, 5, 64)};
  EXPECT_EQ(to_text(load, graph_),
            "dma_load          load          x[2:5, 10:15] @64 <- dram 4096 ; waits t1,t7 sets t8");
  load.channel = 2;
  EXPECT_EQ(to_text(load, graph_),
            "dma_load_2        load          x[2:5, 10:15] @64 <- dram 4096 ; waits t1,t7 sets t8");
  load.channel = 0;
  load.unit = Unit::kDmaStore;
  load.waits.clear();
  EXPECT_EQ(to_text(load, graph_),
            "dma_store         store         x[2:5, 10:15] @64 -> dram 4096 ; waits - sets t8");
}

TEST_F(ProgramText, OfAProductNamesItsOperandsSumsAndTokens) {
  MatmulTile tile;
  tile.shape = {3, 5, 2};
  tile.lhs = operand(0, 0, 0, 3, 5, 0);
  tile.rhs = operand(1, 4, 0, 5, 2, 16);
  tile.first = true;
  tile.last = false;
  tile.lhs_read = 11;
  tile.rhs_read = 12;
  Command matmul;
  matmul.unit = Unit::kPeArray;
  matmul.done = 10;
  matmul.work = tile;
  EXPECT_EQ(
      to_text(matmul, graph_),
      "pe_array          matmul        3x5x2 x[0:3, 0:5] @0 x w[4:9, 0:2] @16 (new sums) -> sums "
      "; waits - sets t10 lhs_read t11 rhs_read t12");
  tile.first = false;
  tile.last = true;
  tile.rhs_transposed = true;
  tile.params = operand(2, 0, 0, 1, 2, 32);
  tile.residual = operand(3, 0, 0, 3, 2, 48);
  tile.out = operand(4, 0, 0, 3, 2, 80);
  matmul.work = tile;
  EXPECT_EQ(
      to_text(matmul, graph_),
      "pe_array          matmul        3x5x2 x[0:3, 0:5] @0 x w[4:9, 0:2] @16^T params p[0:1, "
      "0:2] @32 + r[0:3, 0:2] @48 (adds to sums) -> y[0:3, 0:2] @80 ; waits - sets t10 "
      "lhs_read t11 rhs_read t12");
}

TEST_F(ProgramText, OfRowsNamesTheUnitsOperation) {
  RowsTile tile;
  tile.in = operand(0, 0, 0, 2, 5, 0);
  tile.out = operand(4, 0, 0, 2, 5, 16);
  Command command;
  command.unit = Unit::kSoftmaxUnit;
  command.done = 3;
  command.work = tile;
  EXPECT_EQ(to_text(command, graph_),
            "softmax_unit      softmax       x[0:2, 0:5] @0 -> y[0:2, 0:5] @16 ; waits - sets t3");
  command.unit = Unit::kGeluUnit;
  EXPECT_THAT(to_text(command, graph_), StartsWith("gelu_unit         gelu "));
  tile.tables = {operand(2, 0, 0, 1, 5, 32)};
  command.unit = Unit::kLayerNormUnit;
  command.work = tile;
  EXPECT_EQ(
      to_text(command, graph_),
      "layer_norm_unit   layer_norm    x[0:2, 0:5] @0 params p[0:1, 0:5] @32 -> y[0:2, 0:5] @16 ; "
      "waits - sets t3");
  tile.tables.clear();
  tile.second = operand(3, 0, 0, 2, 5, 48);
  command.unit = Unit::kVectorUnit;
  command.work = tile;
  EXPECT_EQ(to_text(command, graph_),
            "vector_unit       add           x[0:2, 0:5] @0 + r[0:2, 0:5] @48 -> y[0:2, 0:5] @16 ; "
            "waits - sets t3");
}

TEST_F(ProgramText, OfTaylorAttentionSaysWhereSumsComeFromAndGo) {
  MatmulTile product;
  product.shape = {5, 3, 2};
  product.lhs = operand(0, 0, 0, 3, 5, 0);
  product.lhs_transposed = true;
  product.rhs = operand(1, 4, 0, 3, 2, 16);
  product.sink = SumSink::kAdderArray;
  product.lhs_to_sa_diag = true;
  Command command;
  command.unit = Unit::kPeArray;
  command.work = product;
  EXPECT_THAT(to_text(command, graph_),
              HasSubstr("5x3x2 x[0:3, 0:5] @0^T x w[4:7, 0:2] @16 (new sums) lhs -> sa_diag -> "
                        "adder_array ;"));
  product.sink = SumSink::kDividers;
  product.lhs_to_sa_diag = false;
  product.first = false;
  command.work = product;
  EXPECT_THAT(to_text(command, graph_), HasSubstr("@16 (adds to sums) -> divisors ;"));

  RowsTile rows;
  rows.rows = 5;
  rows.cols = 2;
  rows.tables = {operand(2, 0, 0, 1, 4, 32), operand(3, 0, 0, 1, 5, 48)};
  command.unit = Unit::kAdderArray;
  command.done = 3;
  command.work = rows;
  EXPECT_EQ(
      to_text(command, graph_),
      "adder_array       taylor_add    5x2 sums params p[0:1, 0:4] @32 params r[0:1, 0:5] @48 "
      "-> sums ; waits - sets t3");
  rows.tables.clear();
  rows.in = operand(0, 0, 0, 5, 2, 0);
  rows.sums_rows = true;
  command.unit = Unit::kAccumulatorArray;
  command.work = rows;
  EXPECT_EQ(to_text(command, graph_),
            "accumulator_array taylor_sum    x[0:5, 0:2] @0 (new sums) -> sums ; waits - sets t3");
  rows.first = false;
  rows.out = operand(4, 0, 0, 1, 4, 64);
  command.work = rows;
  EXPECT_THAT(to_text(command, graph_), HasSubstr("@0 (adds to sums) -> y[0:1, 0:4] @64 ;"));

  DiagTile diag{.m = 5, .k = 3, .last = false, .k_hat_sum = operand(1, 0, 0, 1, 3, 80)};
  command.unit = Unit::kSaDiag;
  command.work = diag;
  EXPECT_EQ(to_text(command, graph_),
            "sa_diag           taylor_diag   5x3 lhs x w[0:1, 0:3] @80^T (new divisors) -> "
            "divisors ; waits - sets t3");
  diag.first = false;
  diag.last = true;
  command.work = diag;
  EXPECT_THAT(to_text(command, graph_), HasSubstr("^T (adds to divisors) -> divider_array ;"));
}

TEST_F(ProgramText, OfAProgramHasTensorsThenALineForEachCommandUnderItsOperator) {
  const test::Case drawn = test::random_case(1);
  const Program program = map_program(drawn.graph, drawn.config.accelerator);
  const std::string text = to_text(program, drawn.graph);
  EXPECT_THAT(text, StartsWith("# " + std::to_string(program.commands.size()) + " commands, "));
  EXPECT_THAT(text, HasSubstr("\n# patches ["));
  std::size_t lines = 2 + drawn.graph.tensors.size();
  int op = -1;
  for (const Command& command : program.commands) {
    lines += command.op == op ? 1 : 2;
    op = command.op;
    EXPECT_THAT(text, HasSubstr("\n  " + to_text(command, drawn.graph) + "\n"));
  }
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), lines);
  EXPECT_THAT(text, HasSubstr("\nhead:\n"));
}

}  // namespace
}  // namespace vitsim::mapping
