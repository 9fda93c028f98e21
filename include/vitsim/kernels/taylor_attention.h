// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "vitsim/core/matrix.h"
#include "vitsim/kernels/taylor.h"

namespace vitsim::kernels {

/// Widths, scales and choices of one head's Taylor attention.
struct TaylorParams {
  bool deferred_centering = false;    ///< G = K^T V - k_mean^T v_sum, without K_hat
  bool constant_denominator = false;  ///< t_D is `constant`; k_hat_sum is not computed
  Mean mean{};                        ///< `count` is n
  Center center{};                    ///< of the mean's fraction bits
  int activation_bits = 8;            ///< width of Q, K and V
  int accumulator_bits = 32;
  Rescale g_rescale{};  ///< from the scale of the sums, S_K 2^-f S_V, to that of G; as for
                        ///< k_hat_sum, f are K_hat's fraction bits, deferred those of the mean
  int g_bits = 8;
  Rescale v_sum_rescale{};    ///< from S_V to S_Q S_G, times sqrt(d)
  std::int64_t constant = 1;  ///< n sqrt(d) at the scale of Q k_hat_sum^T
  Quotient quotient{};
};

/// How often a head's integers did not fit.
struct TaylorCounts {
  std::int64_t k_hat_saturated = 0;
  std::int64_t k_hat_sum_saturated = 0;
  std::int64_t wide_sums_saturated = 0;  ///< k_sum and v_sum
  std::int64_t g_clipped = 0;
  std::int64_t sums_saturated = 0;             ///< of G, to accumulator_bits
  std::int64_t non_positive_denominators = 0;  ///< rows with t_D <= 0
  friend bool operator==(const TaylorCounts&, const TaylorCounts&) = default;
};

/// All tensors of a head that the machine holds on the way.
struct TaylorResult {
  std::vector<std::int16_t> k_sum;      ///< 2 d words (store_sums())
  std::vector<std::int16_t> k_mean;     ///< d
  IntMatrix k_hat;                      ///< [n x d], empty where the centring is deferred
  IntMatrix g;                          ///< [d x d]
  std::vector<std::int16_t> k_hat_sum;  ///< d, empty where the denominator is constant
  std::vector<std::int16_t> v_sum;      ///< 2 d words
  std::vector<std::int64_t> t_d;        ///< n
  IntMatrix z;                          ///< [n x d]
  TaylorCounts counts;
};

/// Taylor attention of one head on whole tensors: what the machine computes tile by tile. `q`, `k`
/// and `v` are [n x d].
TaylorResult taylor_attention(MatrixView<const std::int16_t> q, MatrixView<const std::int16_t> k,
                              MatrixView<const std::int16_t> v, const TaylorParams& params);

}  // namespace vitsim::kernels
