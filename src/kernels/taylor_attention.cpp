// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/taylor_attention.h"

#include <cassert>
#include <span>
#include <utility>

#include "vitsim/kernels/gemm.h"
#include "vitsim/kernels/post_process.h"

#include "int128.h"

namespace vitsim::kernels {
namespace {

using View = MatrixView<const std::int16_t>;
using SumMatrix = Matrix<std::int64_t>;

std::vector<std::int64_t> sum_of_rows(View matrix) {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(matrix.cols()));
  for (std::int64_t r = 0; r < matrix.rows(); ++r) {
    add_token(sums, matrix.row(r));
  }
  return sums;
}

SumMatrix product(View a, View b, int a_bits, int b_bits) {
  SumMatrix sums(a.rows(), b.cols());
  gemm(a, b, sums.view(), a_bits, b_bits);
  return sums;
}

/// One head on its way through Algorithm 1; a function a step.
class Head {
 public:
  Head(View q, View k, View v, const TaylorParams& params)
      : q_(q), k_(k), v_(v), params_(params), features_(static_cast<std::size_t>(k.cols())) {
    assert(q.cols() == k.cols() && k.cols() == v.cols() && k.rows() == v.rows());
    assert(params.mean.count == k.rows());
    assert(params.mean.fraction_bits == params.center.mean_fraction_bits);
  }

  TaylorResult run() && {
    add_up_keys_and_values();
    if (params_.deferred_centering) {
      correct();
    } else {
      center();
    }
    find_denominators();
    divide();
    return std::move(result_);
  }

 private:
  void add_up_keys_and_values() {
    result_.k_sum.resize(2 * features_);
    result_.v_sum.resize(2 * features_);
    result_.k_mean.resize(features_);
    result_.counts.wide_sums_saturated = store_sums(sum_of_rows(k_), result_.k_sum);
    result_.counts.wide_sums_saturated += store_sums(sum_of_rows(v_), result_.v_sum);
    mean_row(result_.k_sum, params_.mean, result_.k_mean);
  }

  void center() {
    result_.k_hat = IntMatrix(k_.rows(), k_.cols());
    for (std::int64_t r = 0; r < k_.rows(); ++r) {
      result_.counts.k_hat_saturated +=
          center_row(k_.row(r), result_.k_mean, params_.center, result_.k_hat.row(r));
    }
    const View k_hat = result_.k_hat.view();
    finish_g(
        product(transposed(k_hat).view(), v_, params_.center.bits, params_.activation_bits).view());
    if (!params_.constant_denominator) {
      result_.k_hat_sum.resize(features_);
      result_.counts.k_hat_sum_saturated = narrow_sums(sum_of_rows(k_hat), result_.k_hat_sum);
    }
  }

  void correct() {
    SumMatrix sums =
        product(transposed(k_).view(), v_, params_.activation_bits, params_.activation_bits);
    for (std::int64_t i = 0; i < sums.rows(); ++i) {
      correct_row(sums.row(i), result_.k_mean[static_cast<std::size_t>(i)], result_.v_sum,
                  params_.mean.fraction_bits);
    }
    finish_g(sums.view());
    if (!params_.constant_denominator) {
      result_.k_hat_sum.resize(features_);
      result_.counts.k_hat_sum_saturated =
          residue_row(result_.k_sum, result_.k_mean, params_.mean, result_.k_hat_sum);
    }
  }

  void finish_g(MatrixView<const std::int64_t> sums) {
    const ChannelParams channel{0, params_.g_rescale};
    result_.g = IntMatrix(sums.rows(), sums.cols());
    for (std::int64_t i = 0; i < sums.rows(); ++i) {
      result_.counts.sums_saturated +=
          post_process_row(sums.row(i), {&channel, 1}, {}, result_.g.row(i),
                           {params_.accumulator_bits, params_.g_bits});
      result_.counts.g_clipped +=
          count_clipped(sums.row(i), params_.g_rescale, params_.accumulator_bits, params_.g_bits);
    }
  }

  void find_denominators() {
    result_.t_d.assign(static_cast<std::size_t>(q_.rows()), params_.constant);
    if (params_.constant_denominator) {
      return;
    }
    const View k_hat_sum(result_.k_hat_sum.data(), q_.cols(), 1, 1);
    constexpr int kSumBits = 16;
    const SumMatrix sums = product(q_, k_hat_sum, params_.activation_bits, kSumBits);
    for (std::size_t r = 0; r < result_.t_d.size(); ++r) {
      result_.t_d[r] = saturate64(Int128{sums.elements()[r]} + params_.constant);
    }
  }

  void divide() {
    SumMatrix t_n = product(q_, result_.g.view(), params_.activation_bits, params_.g_bits);
    result_.z = IntMatrix(t_n.rows(), t_n.cols());
    for (std::int64_t r = 0; r < t_n.rows(); ++r) {
      add_value_sum_row(t_n.row(r), result_.v_sum, params_.v_sum_rescale);
      result_.counts.non_positive_denominators += divide_row(
          t_n.row(r), result_.t_d[static_cast<std::size_t>(r)], params_.quotient, result_.z.row(r));
    }
  }

  View q_;
  View k_;
  View v_;
  const TaylorParams& params_;
  std::size_t features_;
  TaylorResult result_;
};

}  // namespace

TaylorResult taylor_attention(View q, View k, View v, const TaylorParams& params) {
  return Head(q, k, v, params).run();
}

}  // namespace vitsim::kernels
