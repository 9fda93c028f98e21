// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/kernels/taylor.h"

#include "attention_graph.h"

namespace vitsim::model {

/// Words of 16 bits in a sum over tokens (kernels::store_sums()).
inline constexpr std::int64_t kSumWords = 2;
inline constexpr int kWordBits = 16;

/// How the configuration's divider array divides.
kernels::Division division_of(const config::DividerArray& divider);

/// The integers by which one block's Taylor attention is computed, from the scales of its tensors
/// (docs/numerics.md).
struct TaylorNumbers {
  TaylorNumbers(const GraphBuilder& builder, const Heads& heads);

  kernels::Mean mean;
  kernels::Center center;
  double k_hat_scale;  ///< of K_hat, and of its sum
  double g_scale;
  kernels::Rescale to_g;          ///< from the sums of K_hat^T V
  kernels::Rescale value_factor;  ///< from v_sum to the sums of Q G, sqrt(d) included
  std::int64_t constant;          ///< n sqrt(d) at the scale of Q k_hat_sum^T
  kernels::Quotient quotient;
};

}  // namespace vitsim::model
