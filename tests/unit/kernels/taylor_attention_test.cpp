// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/taylor_attention.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "vitsim/core/random.h"
#include "vitsim/core/safetensors.h"

namespace vitsim::kernels {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Rescale kHalf{1, 1};

struct Head {
  Matrix<double> q;
  Matrix<double> k;
  Matrix<double> v;
};

Head random_head(std::int64_t n, std::int64_t d, std::uint64_t seed) {
  Random random(seed);
  Head head{Matrix<double>(n, d), Matrix<double>(n, d), Matrix<double>(n, d)};
  for (Matrix<double>* part : {&head.q, &head.k, &head.v}) {
    for (std::int64_t r = 0; r < n; ++r) {
      for (double& x : part->row(r)) {
        x = static_cast<double>(random.normal()) + 0.5;  // a mean, so that centring shows
      }
    }
  }
  return head;
}

/// Algorithm 1 in float64, naively.
struct Exact {
  Matrix<double> g;
  Matrix<double> z;
};

Exact exact_attention(const Head& head) {
  const std::int64_t n = head.q.rows();
  const std::int64_t d = head.q.cols();
  const double sqrt_d = std::sqrt(static_cast<double>(d));
  Exact exact{Matrix<double>(d, d), Matrix<double>(n, d)};
  std::vector<double> v_sum(static_cast<std::size_t>(d));
  for (std::int64_t i = 0; i < d; ++i) {
    double k_sum = 0;
    for (std::int64_t r = 0; r < n; ++r) {
      k_sum += head.k(r, i);
      v_sum[static_cast<std::size_t>(i)] += head.v(r, i);
    }
    for (std::int64_t j = 0; j < d; ++j) {
      for (std::int64_t r = 0; r < n; ++r) {
        exact.g(i, j) += (head.k(r, i) - k_sum / static_cast<double>(n)) * head.v(r, j);
      }
    }
  }
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t j = 0; j < d; ++j) {
      double t_n = sqrt_d * v_sum[static_cast<std::size_t>(j)];
      for (std::int64_t i = 0; i < d; ++i) {
        t_n += head.q(r, i) * exact.g(i, j);
      }
      exact.z(r, j) = t_n / (static_cast<double>(n) * sqrt_d);
    }
  }
  return exact;
}

double scale_of(const Matrix<double>& matrix, int bits) {
  double largest = 1e-6;
  for (const double x : matrix.elements()) {
    largest = std::max(largest, std::abs(x));
  }
  return largest / static_cast<double>((1 << (bits - 1)) - 1);
}

IntMatrix quantized(const Matrix<double>& matrix, double scale) {
  std::vector<std::int16_t> integers;
  for (const double x : matrix.elements()) {
    integers.push_back(static_cast<std::int16_t>(std::lround(x / scale)));
  }
  return {matrix.rows(), matrix.cols(), std::move(integers)};
}

/// A head in integers of 8 bits, with scales by the largest magnitudes of `exact`.
struct IntegerHead {
  IntegerHead(const Head& head, const Exact& exact)
      : s_q(scale_of(head.q, 8)),
        s_k(scale_of(head.k, 8)),
        s_v(scale_of(head.v, 8)),
        s_z(scale_of(exact.z, 8)),
        q(quantized(head.q, s_q)),
        k(quantized(head.k, s_k)),
        v(quantized(head.v, s_v)),
        g(exact.g) {}

  [[nodiscard]] TaylorParams params(bool deferred) const {
    TaylorParams params;
    params.deferred_centering = deferred;
    params.mean = {.count = k.rows(), .fraction_bits = 8, .division = {}};
    params.center = {.mean_fraction_bits = 8, .fraction_bits = 4, .bits = 16};
    params.g_bits = g_bits;
    const int fraction_bits = deferred ? 8 : 4;
    const double s_k_hat = std::ldexp(s_k, -fraction_bits);
    // A G of zeros has no scale; this one keeps the quotients within their width.
    const double s_g = std::max(scale_of(g, g_bits), s_k_hat * s_z);
    const double sqrt_d = std::sqrt(static_cast<double>(k.cols()));
    params.g_rescale = make_rescale(s_k_hat * s_v / s_g);
    params.v_sum_rescale = make_rescale(sqrt_d * s_v / (s_q * s_g));
    params.constant = std::llround(static_cast<double>(k.rows()) * sqrt_d / (s_q * s_k_hat));
    // As many bits as keep a quotient of twice the largest result within 16.
    const double s_quotient = s_g / s_k_hat;
    const auto bits = static_cast<int>(std::log2(128 * s_quotient / s_z));
    params.quotient.fraction_bits = bits;
    params.quotient.rescale =
        make_rescale(std::ldexp(s_quotient, -params.quotient.fraction_bits) / s_z);
    return params;
  }

  [[nodiscard]] TaylorResult attend(const TaylorParams& params) const {
    return taylor_attention(q.view(), k.view(), v.view(), params);
  }
  [[nodiscard]] TaylorResult attend(bool deferred) const { return attend(params(deferred)); }

  double s_q;
  double s_k;
  double s_v;
  double s_z;
  IntMatrix q;
  IntMatrix k;
  IntMatrix v;
  Matrix<double> g;
  int g_bits = 8;
};

double sqnr_db(const Matrix<double>& exact, const IntMatrix& integers, double scale) {
  double signal = 0;
  double noise = 0;
  for (std::size_t i = 0; i < exact.elements().size(); ++i) {
    const double error = exact.elements()[i] - scale * integers.elements()[i];
    signal += exact.elements()[i] * exact.elements()[i];
    noise += error * error;
  }
  return 10 * std::log10(signal / noise);
}

/// What is left of 8-bit operands, an 8-bit G and 8-bit results.
void expect_near(const Head& head, const Exact& exact, double least_db) {
  const IntegerHead integers(head, exact);
  for (const bool deferred : {false, true}) {
    const TaylorResult result = integers.attend(deferred);
    EXPECT_GT(sqnr_db(exact.z, result.z, integers.s_z), least_db) << "deferred " << deferred;
    EXPECT_EQ(result.counts.k_hat_saturated, 0);
    EXPECT_EQ(result.counts.sums_saturated, 0);
    EXPECT_EQ(result.counts.non_positive_denominators, 0);
  }
}

/// n = 2, d = 1, with no fraction bits: numbers that can be followed by hand.
class TwoTokens : public ::testing::Test {
 protected:
  TwoTokens() {
    params_.mean.count = 2;
    params_.g_rescale = kHalf;
    params_.v_sum_rescale = kHalf;
    params_.constant = 8;
    params_.quotient = {.fraction_bits = 3, .rescale = kHalf};
  }
  TaylorResult attend() const { return taylor_attention(q_.view(), k_.view(), v_.view(), params_); }

  TaylorParams params_;
  IntMatrix q_{2, 1, {2, -4}};
  IntMatrix k_{2, 1, {3, 0}};
  IntMatrix v_{2, 1, {10, -2}};
};

TEST_F(TwoTokens, GoThroughAllSteps) {
  const TaylorResult result = attend();
  EXPECT_THAT(result.k_sum, ElementsAre(3, 0));
  EXPECT_THAT(result.k_mean, ElementsAre(2));  // 1.5
  EXPECT_THAT(result.k_hat.elements(), ElementsAre(1, -2));
  EXPECT_THAT(result.g.elements(), ElementsAre(7));  // (10 + 4) / 2
  EXPECT_THAT(result.k_hat_sum, ElementsAre(-1));
  EXPECT_THAT(result.v_sum, ElementsAre(8, 0));
  EXPECT_THAT(result.t_d, ElementsAre(6, 12));
  // T_N = (14 + 4, -28 + 4); (18 8 / 6) / 2, (-24 8 / 12) / 2
  EXPECT_THAT(result.z.elements(), ElementsAre(12, -8));
  EXPECT_EQ(result.counts, TaylorCounts{});
}

TEST_F(TwoTokens, GoThroughAllStepsWithDeferredCentring) {
  params_.deferred_centering = true;
  const TaylorResult result = attend();
  EXPECT_THAT(result.k_hat.elements(), IsEmpty());
  EXPECT_THAT(result.g.elements(), ElementsAre(7));  // (30 - 2 8) / 2
  EXPECT_THAT(result.k_hat_sum, ElementsAre(-1));
  EXPECT_THAT(result.z.elements(), ElementsAre(12, -8));
}

TEST_F(TwoTokens, HaveOneDenominatorWhereItIsConstant) {
  params_.constant_denominator = true;
  const TaylorResult result = attend();
  EXPECT_THAT(result.k_hat_sum, IsEmpty());
  EXPECT_THAT(result.t_d, ElementsAre(8, 8));
  EXPECT_THAT(result.z.elements(), ElementsAre(9, -12));
}

TEST_F(TwoTokens, CountDenominatorsThatAreNotPositive) {
  params_.constant = 2;  // t_D = 0, 6
  EXPECT_EQ(attend().counts.non_positive_denominators, 1);
  params_.constant = -9;
  EXPECT_EQ(attend().counts.non_positive_denominators, 2);
  params_.constant = 3;
  EXPECT_EQ(attend().counts.non_positive_denominators, 0);
}

TEST_F(TwoTokens, CountWhatSaturates) {
  params_.g_bits = 3;  // 7 becomes 3
  params_.center.bits = 2;
  TaylorResult result = attend();
  EXPECT_EQ(result.counts.g_clipped, 1);
  EXPECT_EQ(result.counts.k_hat_saturated, 0);
  EXPECT_THAT(result.g.elements(), ElementsAre(3));
  params_.center.bits = 1;
  result = attend();
  EXPECT_EQ(result.counts.k_hat_saturated, 2);
  EXPECT_THAT(result.k_hat.elements(), ElementsAre(0, -1));
  params_ = {.g_rescale = kHalf, .v_sum_rescale = kHalf, .quotient = {.rescale = kHalf}};
  params_.mean.count = 2;
  params_.accumulator_bits = 4;  // 14 becomes 7
  EXPECT_EQ(attend().counts.sums_saturated, 1);
  EXPECT_THAT(attend().g.elements(), ElementsAre(4));
  params_.deferred_centering = true;  // the corrected sum saturates, not K^T V
  EXPECT_EQ(attend().counts.sums_saturated, 1);
  EXPECT_THAT(attend().g.elements(), ElementsAre(4));
}

TEST(IntegerTaylorAttention, CountsSumsOverTokensThatAreTooWide) {
  constexpr std::int64_t kTokens = 65537;  // of -32768 each: one more than 32 bits hold
  const IntMatrix lowest(kTokens, 1, std::vector<std::int16_t>(kTokens, -32768));
  TaylorParams params;
  params.mean.count = kTokens;
  params.activation_bits = 16;
  const TaylorCounts counts =
      taylor_attention(lowest.view(), lowest.view(), lowest.view(), params).counts;
  EXPECT_EQ(counts.wide_sums_saturated, 2);
  EXPECT_EQ(counts.k_hat_sum_saturated, 0);
}

TEST(IntegerTaylorAttention, CountsSumsOfCentredKeysThatAreTooWide) {
  constexpr std::int64_t kTokens = 3;
  const IntMatrix k(kTokens, 1, {1, 0, 0});
  TaylorParams params;
  // A reciprocal of one bit makes a mean that is far off.
  params.mean = {.count = kTokens, .fraction_bits = 17, .division = {1}};
  params.center = {.mean_fraction_bits = 17, .fraction_bits = 17, .bits = 16};
  params.deferred_centering = true;
  EXPECT_EQ(taylor_attention(k.view(), k.view(), k.view(), params).counts.k_hat_sum_saturated, 1);
}

class IntegerTaylorAttentionOfShape : public ::testing::TestWithParam<std::pair<int, int>> {
 protected:
  Head head_ = random_head(GetParam().first, GetParam().second, 3);
  Exact exact_ = exact_attention(head_);
  IntegerHead integers_{head_, exact_};
};

TEST_P(IntegerTaylorAttentionOfShape, IsNearFloatWithEitherCentring) {
  ASSERT_NO_FATAL_FAILURE(expect_near(head_, exact_, 42));
}

TEST_P(IntegerTaylorAttentionOfShape, DiffersByRoundingAloneBetweenBothWaysOfCentring) {
  const TaylorResult before = integers_.attend(false);
  const TaylorResult deferred = integers_.attend(true);
  for (std::size_t i = 0; i < before.g.elements().size(); ++i) {
    ASSERT_NEAR(before.g.elements()[i], deferred.g.elements()[i], 1);
  }
  for (std::size_t i = 0; i < before.z.elements().size(); ++i) {
    ASSERT_NEAR(before.z.elements()[i], deferred.z.elements()[i], 2);
  }
}

TEST_P(IntegerTaylorAttentionOfShape, HasTheConstantDenominatorWhereCentringLeavesNothing) {
  // Each key with its negative: the mean is 0 and so is k_hat_sum.
  const std::int64_t n = integers_.k.rows() & ~std::int64_t{1};
  for (std::int64_t r = 0; r + 1 < n; r += 2) {
    std::ranges::transform(integers_.k.row(r), integers_.k.row(r + 1).begin(), std::negate<>());
  }
  std::ranges::fill(integers_.k.row(integers_.k.rows() - 1), static_cast<std::int16_t>(0));
  if (n == integers_.k.rows()) {
    std::ranges::fill(integers_.k.row(n - 2), static_cast<std::int16_t>(0));
  }
  for (const bool deferred : {false, true}) {
    TaylorParams params = integers_.params(deferred);
    const TaylorResult computed = integers_.attend(params);
    params.constant_denominator = true;
    const TaylorResult constant = integers_.attend(params);
    EXPECT_THAT(computed.k_hat_sum, Each(0));
    EXPECT_EQ(computed.t_d, constant.t_d);
    EXPECT_EQ(computed.z, constant.z);
  }
}

TEST_P(IntegerTaylorAttentionOfShape, LosesLittleByAReciprocalOf16Bits) {
  TaylorParams params = integers_.params(false);
  const TaylorResult exact = integers_.attend(params);
  params.quotient.division = {16};
  params.mean.division = {16};
  const TaylorResult found = integers_.attend(params);
  for (std::size_t i = 0; i < exact.z.elements().size(); ++i) {
    ASSERT_NEAR(exact.z.elements()[i], found.z.elements()[i], 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Small, IntegerTaylorAttentionOfShape,
                         ::testing::Values(std::pair(1, 1), std::pair(1, 8), std::pair(5, 3),
                                           std::pair(63, 16), std::pair(64, 16), std::pair(65, 16),
                                           std::pair(197, 64)));

TEST(IntegerTaylorAttention, IsNearTheSharedVectors) {
  const std::filesystem::path path =
      VITSIM_SOURCE_DIR "/../shared/vectors/attention_float.safetensors";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "vectors/attention_float.safetensors is not on this machine";
  }
  const Safetensors file = Safetensors::load(path);
  for (const int c : {0, 1, 2}) {
    const auto head_of = [&](const char* name, std::int64_t h) {
      const std::string tensor = fmt::format("{}_{}", name, c);
      const auto& shape = file.at(tensor).shape;
      const std::vector<double> all = file.doubles(tensor);
      const auto first = all.begin() + h * shape[1] * shape[2];
      return Matrix<double>(shape[1], shape[2],
                            std::vector<double>(first, first + shape[1] * shape[2]));
    };
    for (std::int64_t h = 0; h < file.at(fmt::format("q_{}", c)).shape[0]; ++h) {
      SCOPED_TRACE(fmt::format("case {} head {}", c, h));
      const Head head{head_of("q", h), head_of("k", h), head_of("v", h)};
      ASSERT_NO_FATAL_FAILURE(expect_near(head, {head_of("g", h), head_of("z_taylor", h)}, 33));
    }
  }
}

}  // namespace
}  // namespace vitsim::kernels
