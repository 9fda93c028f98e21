// SPDX-License-Identifier: Apache-2.0
#include "operators.h"

#include <algorithm>
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
  divide_by_sqrt(out, q.cols());
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

void multiply_transposed(MatrixView<const float> a, MatrixView<const float> b,
                         MatrixView<float> out) {
  map(out).noalias() = map(a).transpose() * map(b);
}

void divide_by_sqrt(MatrixView<float> x, std::int64_t dimension) { map(x) /= sqrt_of(dimension); }

void center_over_tokens(MatrixView<const float> k, MatrixView<float> out) {
  const Eigen::RowVectorXf mean = map(k).colwise().sum() / static_cast<float>(k.rows());
  map(out) = map(k).rowwise() - mean;
}

void center_over_features(MatrixView<const float> k, MatrixView<float> out) {
  const Eigen::VectorXf mean = map(k).rowwise().sum() / static_cast<float>(k.cols());
  map(out) = map(k).colwise() - mean;
}

void taylor_quotient(MatrixView<const float> q, MatrixView<const float> k_hat,
                     MatrixView<const float> v, MatrixView<const float> g, MatrixView<float> out) {
  const auto n = static_cast<float>(k_hat.rows());
  const float sqrt_d = sqrt_of(q.cols());
  const Eigen::RowVectorXf k_hat_sum = map(k_hat).colwise().sum();
  const Eigen::RowVectorXf v_sum = map(v).colwise().sum();
  const Eigen::VectorXf t_d = (map(q) * k_hat_sum.transpose()).array() + n * sqrt_d;
  map(out).noalias() = map(q) * map(g);
  map(out).rowwise() += sqrt_d * v_sum;
  map(out).array().colwise() /= t_d.array();
}

void fake_quantize(MatrixView<const float> x, MatrixView<float> out) {
  constexpr float kLevels = 15;
  const float lowest = std::min(0.0F, map(x).minCoeff());
  const float highest = std::max(0.0F, map(x).maxCoeff());
  if (lowest == highest) {
    map(out).setZero();
    return;
  }
  const float step = (highest - lowest) / kLevels;
  const float zero = std::round(-lowest / step);
  map(out) = map(x).unaryExpr([=](float value) {
    return (std::clamp(std::round(value / step) + zero, 0.0F, kLevels) - zero) * step;
  });
}

void cut_off(MatrixView<float> x, float threshold) {
  map(x) = map(x).unaryExpr([=](float value) { return value <= threshold ? 0.0F : value; });
}

}  // namespace vitsim::reference
