// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/graph.h"

namespace vitsim::model {
namespace {

/// Counts as ViTALiTy's comparison does (docs/validation.md): of a softmax its exponentials and
/// divisions. Biases and residual additions of linear layers are part of their products.
struct Count {
  const View& out;
  [[nodiscard]] std::int64_t results() const { return out.rows * out.cols; }

  Operations operator()(const Matmul& op) const {
    const std::int64_t macs = shape_of(op).macs();
    return {.multiply = macs, .add = macs};
  }
  Operations operator()(const CorrectedMatmul& op) const {
    Operations count = (*this)(op.product);
    count.multiply += results();
    count.add += results();
    return count;
  }
  Operations operator()(const TaylorContext& op) const {
    Operations count = (*this)(op.product);
    const GemmShape shape = shape_of(op.product);
    count.add += results();  // v_sum
    count.divide += results();
    if (op.k_hat_sum) {
      count.multiply += shape.m * shape.k;
      count.add += shape.m * shape.k + shape.m;
    }
    return count;
  }
  Operations operator()(const Softmax&) const { return {.divide = results(), .exp = results()}; }
  /// x sigmoid(1.702 x).
  Operations operator()(const Gelu&) const {
    return {.multiply = 2 * results(), .add = results(), .divide = results(), .exp = results()};
  }
  /// Mean, deviation, its square's sum and beta; square and gamma; mean, variance and deviation.
  Operations operator()(const LayerNorm&) const {
    return {.multiply = 2 * results(), .add = 4 * results(), .divide = results() + 2 * out.rows};
  }
  Operations operator()(const Add&) const { return {.add = results()}; }
  Operations operator()(const TokenSum& op) const { return {.add = op.in.rows * op.in.cols}; }
  Operations operator()(const TokenMean&) const { return {.divide = results()}; }
  Operations operator()(const Center&) const { return {.add = results()}; }
  Operations operator()(const CenterFeatures&) const {
    return {.add = 2 * results(), .divide = out.rows};
  }
  Operations operator()(const CenterResidue&) const {
    return {.multiply = results(), .add = results()};
  }
  Operations operator()(const Requantize&) const { return {}; }
};

}  // namespace

Operations& Operations::operator+=(const Operations& other) {
  multiply += other.multiply;
  add += other.add;
  divide += other.divide;
  exp += other.exp;
  return *this;
}

Operations operations_of(const Op& op) { return std::visit(Count{op.out}, op.work); }

}  // namespace vitsim::model
