// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <filesystem>
#include <functional>
#include <span>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "vitsim/core/random.h"
#include "vitsim/core/safetensors.h"
#include "vitsim/reference/network.h"

namespace vitsim::reference {
namespace {

struct Head {
  Matrix<float> q;
  Matrix<float> k;
  Matrix<float> v;
};

Head random_head(std::int64_t n, std::int64_t d, std::uint64_t seed) {
  Random random(seed);
  Head head{Matrix<float>(n, d), Matrix<float>(n, d), Matrix<float>(n, d)};
  for (Matrix<float>* part : {&head.q, &head.k, &head.v}) {
    for (std::int64_t r = 0; r < n; ++r) {
      for (float& x : part->row(r)) {
        x = random.normal() + 0.5F;  // a mean, so that centring shows
      }
    }
  }
  return head;
}

double dot(std::span<const float> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<double>(a[i]) * b[i];
  }
  return sum;
}

/// Attention with weights of row i proportional to weight(q_i . (k_j - offset) / sqrt(d)), naively.
std::vector<double> attend(const Head& head, const std::vector<double>& offset,
                           const std::function<double(double)>& weight) {
  const std::int64_t n = head.q.rows();
  const std::int64_t d = head.q.cols();
  std::vector<double> out;
  for (std::int64_t i = 0; i < n; ++i) {
    std::vector<double> sums(static_cast<std::size_t>(d));
    double total = 0;
    for (std::int64_t j = 0; j < n; ++j) {
      std::vector<double> key(head.k.row(j).begin(), head.k.row(j).end());
      for (std::size_t c = 0; c < key.size(); ++c) {
        key[c] -= offset[c];
      }
      const double w = weight(dot(head.q.row(i), key) / std::sqrt(static_cast<double>(d)));
      total += w;
      for (std::size_t c = 0; c < sums.size(); ++c) {
        sums[c] += w * static_cast<double>(head.v.row(j)[c]);
      }
    }
    for (const double sum : sums) {
      out.push_back(sum / total);
    }
  }
  return out;
}

std::vector<double> mean_of_rows(const Matrix<float>& matrix) {
  std::vector<double> mean(static_cast<std::size_t>(matrix.cols()));
  for (std::int64_t r = 0; r < matrix.rows(); ++r) {
    for (std::size_t c = 0; c < mean.size(); ++c) {
      mean[c] += static_cast<double>(matrix.row(r)[c]) / static_cast<double>(matrix.rows());
    }
  }
  return mean;
}

void expect_near(const std::vector<float>& got, const std::vector<double>& expected,
                 double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(got[i]), expected[i], tolerance) << "element " << i;
  }
}

class AttentionOfShape : public testing::TestWithParam<std::pair<int, int>> {};

TEST_P(AttentionOfShape, SoftmaxEqualsANaiveLoop) {
  const auto [n, d] = GetParam();
  const Head head = random_head(n, d, 7);
  const std::vector<double> no_offset(static_cast<std::size_t>(d));
  expect_near(softmax_attention(head.q.view(), head.k.view(), head.v.view()).elements(),
              attend(head, no_offset, [](double s) { return std::exp(s); }), 1e-5);
}

TEST_P(AttentionOfShape, TaylorEqualsNormalizedWeightsOneAndTheScoreOfTheCentredKey) {
  const auto [n, d] = GetParam();
  const Head head = random_head(n, d, 8);
  expect_near(taylor_attention(head.q.view(), head.k.view(), head.v.view()).elements(),
              attend(head, mean_of_rows(head.k), [](double s) { return 1 + s; }), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Small, AttentionOfShape,
                         testing::Values(std::pair(1, 1), std::pair(1, 8), std::pair(5, 3),
                                         std::pair(65, 32)));

TEST(SoftmaxAttention, StaysFiniteWhereTheExponentialOfAScoreWouldNot) {
  const Matrix<float> q(1, 1, {1000});
  const Matrix<float> k(2, 1, {1, -1});
  const Matrix<float> v(2, 1, {3, 5});
  EXPECT_THAT(softmax_attention(q.view(), k.view(), v.view()).elements(), testing::ElementsAre(3));
}

TEST(TaylorAttention, MayHaveNegativeWeights) {
  // k_mean = 0; scores 3, -3; weights 4, -2 over a sum of 2
  const Matrix<float> q(1, 1, {3});
  const Matrix<float> k(2, 1, {1, -1});
  const Matrix<float> v(2, 1, {10, 1});
  EXPECT_THAT(taylor_attention(q.view(), k.view(), v.view()).elements(), testing::ElementsAre(19));
}

/// Of one feature, whose mean over features is itself: the low-rank part is 0.
float sparse_part(float q, std::vector<float> k, std::vector<float> v) {
  const auto n = static_cast<std::int64_t>(k.size());
  return released_attention(Matrix<float>(1, 1, {q}).view(),
                            Matrix<float>(n, 1, std::move(k)).view(),
                            Matrix<float>(n, 1, std::move(v)).view())(0, 0);
}

TEST(ReleasedAttention, CutsSmallWeightsOffAndDoesNotNormalizeTheRest) {
  // Weights 1 and e^-7 = 0.0009 over their sum; then 1 and e^-6 = 0.0025.
  EXPECT_NEAR(sparse_part(7, {0, -1}, {1, 1000}), 1 / (1 + std::exp(-7.0)), 1e-6);
  EXPECT_NEAR(sparse_part(6, {0, -1}, {1, 1000}),
              (1 + 1000 * std::exp(-6.0)) / (1 + std::exp(-6.0)), 1e-4);
}

TEST(ReleasedAttention, SeesQAndKIn4BitsInItsSparsePart) {
  // K spans -0.6 to 14 in 15 steps, its zero point is 1: levels 0, -1 and 14.
  const double step = 14.6 / 15;
  const double weights[] = {1, std::exp(-0.1 * step), std::exp(1.4 * step)};
  const double sum = weights[0] + weights[1] + weights[2];
  EXPECT_NEAR(sparse_part(0.1F, {0.4F, -0.6F, 14}, {1, 10, 100}),
              (weights[0] + 10 * weights[1] + 100 * weights[2]) / sum, 1e-4);
}

TEST(ReleasedAttention, StaysFiniteWhereAllKeysAreZero) {
  EXPECT_NEAR(sparse_part(0, {0, 0}, {1, 3}), 2, 1e-6);
}

TEST(Attention, EqualsTheSharedVectorsOfAllKinds) {
  const std::filesystem::path path =
      VITSIM_SOURCE_DIR "/../shared/vectors/attention_float.safetensors";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "vectors/attention_float.safetensors is not on this machine";
  }
  const Safetensors file = Safetensors::load(path);
  for (const int c : {0, 1, 2}) {
    const auto& shape = file.at(fmt::format("q_{}", c)).shape;
    const auto values = [&](const char* name) {
      return file.floats(fmt::format("{}_{}", name, c));
    };
    const std::vector<float> q = values("q");
    const std::vector<float> k = values("k");
    const std::vector<float> v = values("v");
    const std::vector<double> z_softmax = file.doubles(fmt::format("z_softmax_{}", c));
    const std::vector<double> z_taylor = file.doubles(fmt::format("z_taylor_{}", c));
    const std::vector<float> sparse = values("sparse");
    const std::vector<double> z_released = file.doubles(fmt::format("z_released_{}", c));
    const std::int64_t size = shape[1] * shape[2];
    for (std::int64_t h = 0; h < shape[0]; ++h) {
      SCOPED_TRACE(fmt::format("case {} head {}", c, h));
      const auto head = [&](const std::vector<float>& all) {
        return MatrixView<const float>(all.data() + h * size, shape[1], shape[2], shape[2]);
      };
      const auto expected = [&](const std::vector<double>& all) {
        return std::vector<double>(all.begin() + h * size, all.begin() + (h + 1) * size);
      };
      expect_near(softmax_attention(head(q), head(k), head(v)).elements(), expected(z_softmax),
                  1e-5);
      expect_near(taylor_attention(head(q), head(k), head(v)).elements(), expected(z_taylor), 1e-5);
      const MatrixView<const float> s(sparse.data() + h * shape[1] * shape[1], shape[1], shape[1],
                                      shape[1]);
      expect_near(released_attention(head(q), head(k), head(v), s).elements(), expected(z_released),
                  1e-4);
    }
  }
}

}  // namespace
}  // namespace vitsim::reference
