// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/graph.h"

namespace vitsim::model {

double Tensor::scale_of_column(std::int64_t col) const {
  const auto groups = static_cast<std::int64_t>(scales.size());
  return scales[static_cast<std::size_t>(col * groups / cols)];
}

GemmShape shape_of(const Matmul& matmul) {
  return {matmul.lhs_transposed ? matmul.lhs.cols : matmul.lhs.rows,
          matmul.lhs_transposed ? matmul.lhs.rows : matmul.lhs.cols,
          matmul.rhs_transposed ? matmul.rhs.rows : matmul.rhs.cols};
}

const Matmul* product_of(const Op& op) {
  if (const auto* corrected = std::get_if<CorrectedMatmul>(&op.work)) {
    return &corrected->product;
  }
  if (const auto* context = std::get_if<TaylorContext>(&op.work)) {
    return &context->product;
  }
  return std::get_if<Matmul>(&op.work);
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
  std::vector<View> operator()(const CorrectedMatmul& op) const {
    std::vector<View> views = (*this)(op.product);
    views.insert(views.end(), {op.k_mean, op.v_sum});
    return views;
  }
  std::vector<View> operator()(const TaylorContext& op) const {
    std::vector<View> views = (*this)(op.product);
    views.push_back(op.v_sum);
    if (op.k_hat_sum) {
      views.push_back(*op.k_hat_sum);
    }
    return views;
  }
  std::vector<View> operator()(const Softmax& op) const { return {op.in}; }
  std::vector<View> operator()(const Gelu& op) const { return {op.in}; }
  std::vector<View> operator()(const LayerNorm& op) const { return {op.in, op.params}; }
  std::vector<View> operator()(const Add& op) const { return {op.a, op.b}; }
  std::vector<View> operator()(const TokenSum& op) const { return {op.in}; }
  std::vector<View> operator()(const TokenMean& op) const { return {op.sums}; }
  std::vector<View> operator()(const Center& op) const { return {op.in, op.mean}; }
  std::vector<View> operator()(const CenterFeatures& op) const { return {op.in}; }
  std::vector<View> operator()(const CenterResidue& op) const { return {op.sums, op.k_mean}; }
  std::vector<View> operator()(const Requantize& op) const { return {op.in}; }
};

}  // namespace

std::vector<View> inputs_of(const Op& op) { return std::visit(Inputs{}, op.work); }

}  // namespace vitsim::model
