// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/needs.h"

namespace vitsim::mapping {
namespace {

class NeedsOf {
 public:
  NeedsOf(const model::Op& op, const model::Graph& graph,
          const std::function<bool(model::TensorId)>& resident)
      : op_(op), graph_(graph), resident_(resident) {}

  Needs operator()(const model::Matmul& matmul) const {
    MatmulNeeds needs;
    needs.shape = shape_of(matmul);
    needs.lhs = need(matmul.lhs);
    needs.rhs = need(matmul.rhs);
    needs.out = need(op_.out);
    needs.rhs_transposed = matmul.rhs_transposed;
    if (matmul.params) {
      needs.params = need(*matmul.params);
    }
    if (matmul.residual) {
      needs.residual = need(*matmul.residual);
    }
    return needs;
  }
  Needs operator()(const model::Softmax& work) const { return rows({work.in}); }
  Needs operator()(const model::Gelu& work) const { return rows({work.in}); }
  Needs operator()(const model::LayerNorm& work) const {
    RowsNeeds needs = rows({work.in});
    needs.params = need(work.params);
    return needs;
  }
  Needs operator()(const model::Add& work) const { return rows({work.a, work.b}); }

 private:
  [[nodiscard]] Need need(const model::View& view) const {
    return {graph_.tensor(view).element_bytes, resident_(view.tensor)};
  }
  [[nodiscard]] RowsNeeds rows(const std::vector<model::View>& inputs) const {
    RowsNeeds needs;
    needs.rows = op_.out.rows;
    needs.cols = op_.out.cols;
    needs.out = need(op_.out);
    for (const model::View& view : inputs) {
      needs.in.push_back(need(view));
    }
    return needs;
  }

  const model::Op& op_;
  const model::Graph& graph_;
  const std::function<bool(model::TensorId)>& resident_;
};

}  // namespace

Needs needs_of(const model::Op& op, const model::Graph& graph,
               const std::function<bool(model::TensorId)>& resident) {
  return std::visit(NeedsOf(op, graph, resident), op.work);
}

std::optional<Cost> cost_of(const Needs& needs, const config::Accelerator& machine,
                            Bytes available) {
  return std::visit(
      [&](const auto& kind) -> std::optional<Cost> {
        const auto tiling = choose_tiling(kind, machine, available);
        return tiling ? std::optional(Cost{tiling->cycles, tiling->traffic}) : std::nullopt;
      },
      needs);
}

Bytes least_bytes(const Needs& needs, const config::Accelerator& machine) {
  return std::visit([&](const auto& kind) { return least_bytes(kind, machine); }, needs);
}

}  // namespace vitsim::mapping
