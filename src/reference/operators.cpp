// SPDX-License-Identifier: Apache-2.0
#include "operators.h"

#include <cmath>
#include <numbers>
#include <span>

#include <Eigen/Core>

namespace vitsim::reference {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Pitch = Eigen::OuterStride<>;
using Map = Eigen::Map<RowMajor, Eigen::Unaligned, Pitch>;
using ConstMap = Eigen::Map<const RowMajor, Eigen::Unaligned, Pitch>;
using ConstRowMap = Eigen::Map<const Eigen::RowVectorXf>;

Map map(MatrixView<float> view) {
  return {view.data(), view.rows(), view.cols(), Pitch(view.pitch())};
}

ConstMap map(MatrixView<const float> view) {
  return {view.data(), view.rows(), view.cols(), Pitch(view.pitch())};
}

ConstRowMap map(std::span<const float> row) {
  return {row.data(), static_cast<Eigen::Index>(row.size())};
}

float sqrt_of(std::int64_t dimension) { return std::sqrt(static_cast<float>(dimension)); }

}  // namespace

void linear(MatrixView<const float> x, const Linear& layer, MatrixView<float> out) {
  map(out).noalias() = map(x) * map(layer.weight.view()).transpose();
  map(out).rowwise() += map(layer.bias);
}

void layer_norm(MatrixView<const float> x, const LayerNorm& layer, double eps,
                MatrixView<float> out) {
  const auto gamma = map(layer.gamma).array();
  const auto beta = map(layer.beta).array();
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    const auto in = map(x).row(r).array();
    const float mean = in.mean();
    const float variance = (in - mean).square().mean();
    const float inverse = 1.0F / std::sqrt(variance + static_cast<float>(eps));
    map(out).row(r).array() = (in - mean) * inverse * gamma + beta;
  }
}

void gelu(MatrixView<const float> x, MatrixView<float> out) {
  constexpr float kInverseSqrt2 = 1.0F / std::numbers::sqrt2_v<float>;
  map(out) = map(x).unaryExpr(
      [](float value) { return 0.5F * value * (1.0F + std::erf(value * kInverseSqrt2)); });
}

void add_to(MatrixView<float> x, MatrixView<const float> y) { map(x) += map(y); }

void attention_scores(MatrixView<const float> q, MatrixView<const float> k, MatrixView<float> out) {
  map(out).noalias() = map(q) * map(k).transpose();
  map(out) /= sqrt_of(q.cols());
}

void softmax_rows(MatrixView<float> rows) {
  for (std::int64_t r = 0; r < rows.rows(); ++r) {
    auto row = map(rows).row(r).array();
    const float largest = row.maxCoeff();
    row = (row - largest).exp();
    row /= row.sum();
  }
}

void multiply(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out) {
  map(out).noalias() = map(a) * map(b);
}

void taylor(MatrixView<const float> q, MatrixView<const float> k, MatrixView<const float> v,
            MatrixView<float> out) {
  const auto n = static_cast<float>(k.rows());
  const float sqrt_d = sqrt_of(q.cols());
  // 1. to 3. as design.md numbers the steps
  const Eigen::RowVectorXf k_mean = map(k).colwise().sum() / n;
  const RowMajor k_hat = map(k).rowwise() - k_mean;
  const RowMajor g = k_hat.transpose() * map(v);
  const Eigen::RowVectorXf k_hat_sum = k_hat.colwise().sum();
  const Eigen::RowVectorXf v_sum = map(v).colwise().sum();
  // 4. to 6.
  const Eigen::VectorXf t_d = (map(q) * k_hat_sum.transpose()).array() + n * sqrt_d;
  map(out).noalias() = map(q) * g;
  map(out).rowwise() += sqrt_d * v_sum;
  map(out).array().colwise() /= t_d.array();
}

}  // namespace vitsim::reference
