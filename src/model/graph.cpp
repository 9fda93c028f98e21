// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/graph.h"

namespace vitsim::model {

double Tensor::scale_of_column(std::int64_t col) const {
  const auto groups = static_cast<std::int64_t>(scales.size());
  return scales[static_cast<std::size_t>(col * groups / cols)];
}

GemmShape shape_of(const Matmul& matmul) {
  return {matmul.lhs.rows, matmul.lhs.cols,
          matmul.rhs_transposed ? matmul.rhs.rows : matmul.rhs.cols};
}

namespace {

struct Inputs {
  std::vector<View> operator()(const Matmul& op) const {
    std::vector<View> views{op.lhs, op.rhs};
    if (op.params) {
      views.push_back(*op.params);
    }
    if (op.residual) {
      views.push_back(*op.residual);
    }
    return views;
  }
  std::vector<View> operator()(const Softmax& op) const { return {op.in}; }
  std::vector<View> operator()(const Gelu& op) const { return {op.in}; }
  std::vector<View> operator()(const LayerNorm& op) const { return {op.in, op.params}; }
  std::vector<View> operator()(const Add& op) const { return {op.a, op.b}; }
};

}  // namespace

std::vector<View> inputs_of(const Op& op) { return std::visit(Inputs{}, op.work); }

}  // namespace vitsim::model
