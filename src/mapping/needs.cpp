// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/needs.h"

#include "vitsim/timing/array.h"

namespace vitsim::mapping {
namespace {

using Lie = RowsOperand::Lie;

/// Tiles that an operator on rows is cut into where there is room: enough for loads, work and
/// stores to go on side by side.
constexpr std::int64_t kRowTiles = 4;

/// Finds what an operator wants; visits its kind.
class NeedsOf {
 public:
  NeedsOf(const model::Op& op, const model::Graph& graph, const config::Accelerator& machine,
          const std::function<bool(const model::View&)>& resident)
      : op_(op), graph_(graph), machine_(machine), resident_(resident) {}

  Needs operator()(const model::Matmul& matmul) const {
    MatmulNeeds needs;
    needs.shape = shape_of(matmul);
    needs.lhs = need(matmul.lhs);
    needs.rhs = need(matmul.rhs);
    needs.out = need(op_.out);
    needs.lhs_transposed = matmul.lhs_transposed;
    needs.rhs_transposed = matmul.rhs_transposed;
    if (matmul.params) {
      needs.params = need(*matmul.params);
    }
    if (matmul.residual) {
      needs.residual = need(*matmul.residual);
    }
    // Contracted over tokens that are on their way: a fold begins when its tokens are there.
    const auto type = timing::type_of(machine_.pe_array);
    needs.fold_by_fold = matmul.lhs_transposed && (type == timing::ArrayType::kWeightStationary ||
                                                   type == timing::ArrayType::kInputStationary);
    return needs;
  }
  Needs operator()(const model::CorrectedMatmul& work) const { return (*this)(work.product); }
  Needs operator()(const model::TaylorContext& work) const { return (*this)(work.product); }
  Needs operator()(const model::Softmax& work) const { return rows({work.in}); }
  Needs operator()(const model::Gelu& work) const { return rows({work.in}); }
  Needs operator()(const model::LayerNorm& work) const { return rows({work.in}, work.params); }
  Needs operator()(const model::Add& work) const { return rows({work.a, work.b}); }
  Needs operator()(const model::TokenSum& work) const {
    RowsNeeds needs;
    needs.rows = needs.most_rows = work.by_feature ? work.in.cols : work.in.rows;
    needs.operands = {
        operand(work.in, work.by_feature ? Lie::kColumns : Lie::kRows),
        operand(op_.out, Lie::kTable),
    };
    return needs;
  }
  Needs operator()(const model::TokenMean& work) const { return rows({work.sums}); }
  Needs operator()(const model::Center& work) const {
    RowsNeeds needs;
    needs.rows = work.in.rows;
    needs.most_rows = fold_of_tokens();
    needs.operands = {operand(work.in, Lie::kRows), operand(work.mean, Lie::kTable),
                      operand(op_.out, work.by_feature ? Lie::kColumns : Lie::kRows)};
    return needs;
  }
  Needs operator()(const model::CenterFeatures& work) const {
    RowsNeeds needs = rows({work.in});
    needs.most_rows = fold_of_tokens();
    return needs;
  }
  Needs operator()(const model::CenterResidue& work) const {
    return rows({work.sums, work.k_mean});
  }
  Needs operator()(const model::Requantize& work) const { return rows({work.in}); }

 private:
  [[nodiscard]] Need need(const model::View& view) const {
    const model::Tensor& tensor = graph_.tensor(view);
    return {tensor.element_bytes, resident_(view),
            partition_of(machine_.scratchpad, tensor.kind())};
  }
  [[nodiscard]] RowsOperand operand(const model::View& view, Lie lie) const {
    return {need(view), lie == Lie::kColumns ? view.rows : view.cols, lie};
  }
  [[nodiscard]] RowsNeeds rows(const std::vector<model::View>& inputs,
                               const std::optional<model::View>& table = {}) const {
    RowsNeeds needs;
    needs.rows = op_.out.rows;
    needs.most_rows = ceil_div(needs.rows, kRowTiles);
    for (const model::View& view : inputs) {
      needs.operands.push_back(operand(view, Lie::kRows));
    }
    if (table) {
      needs.operands.push_back(operand(*table, Lie::kTable));
    }
    needs.operands.push_back(operand(op_.out, Lie::kRows));
    return needs;
  }
  /// As many tokens as a fold of K_hat^T V takes.
  [[nodiscard]] std::int64_t fold_of_tokens() const {
    return timing::contraction_width(machine_.pe_array);
  }

  const model::Op& op_;
  const model::Graph& graph_;
  const config::Accelerator& machine_;
  const std::function<bool(const model::View&)>& resident_;
};

}  // namespace

Needs needs_of(const model::Op& op, const model::Graph& graph, const config::Accelerator& machine,
               const std::function<bool(const model::View&)>& resident) {
  return std::visit(NeedsOf(op, graph, machine, resident), op.work);
}

std::optional<Cost> cost_of(const Needs& needs, const config::Accelerator& machine,
                            const Room& available) {
  return std::visit(
      [&](const auto& kind) -> std::optional<Cost> {
        const auto chosen = choose_tiling(kind, machine, available);
        return chosen ? std::optional(chosen->cost) : std::nullopt;
      },
      needs);
}

Room least_room(const Needs& needs, const config::Accelerator& machine) {
  return std::visit([&](const auto& kind) { return least_room(kind, machine); }, needs);
}

}  // namespace vitsim::mapping
