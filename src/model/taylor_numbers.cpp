// SPDX-License-Identifier: Apache-2.0
#include "taylor_numbers.h"

#include <algorithm>
#include <cmath>

namespace vitsim::model {
namespace {

constexpr int kMostFractionBits = 62;
constexpr double kLargestDivisor = 0x1p62;

}  // namespace

kernels::Division division_of(const config::DividerArray& divider) {
  return {divider.kind == config::DividerKind::kReciprocal ? divider.reciprocal_bits : 0};
}

TaylorNumbers::TaylorNumbers(const GraphBuilder& builder, const Heads& heads) {
  const auto& pipeline = *builder.config().accelerator.taylor_pipeline;
  const auto& scales = builder.tensor(heads.qkv).scales;
  const double q_scale = scales[0];
  const double v_scale = scales[2];
  const double context_scale = builder.tensor(heads.context).scales.front();
  const double sqrt_d = std::sqrt(static_cast<double>(heads.head_dim));

  mean = {heads.tokens, pipeline.mean_fraction_bits, division_of(pipeline.divider_array)};
  center = {pipeline.mean_fraction_bits, pipeline.k_hat_fraction_bits, pipeline.k_hat_bits};
  const bool deferred = pipeline.centering == config::Centering::kDeferred;
  k_hat_scale = std::ldexp(
      scales[1], -(deferred ? pipeline.mean_fraction_bits : pipeline.k_hat_fraction_bits));
  // Where G is next to nothing, its scale is what a quotient of the context's range needs.
  const int context_bits = builder.tensor(heads.context).bits;
  const double range = context_scale * std::ldexp(1.0, context_bits - 1);
  const int bits = pipeline.divider_array.quotient_bits;
  const double largest_quotient = std::ldexp(1.0, bits - 1) - 1;
  g_scale = std::max(builder.scale(heads.name + ".g", pipeline.g_bits),
                     k_hat_scale * range / largest_quotient);
  to_g = kernels::make_rescale(k_hat_scale * v_scale / g_scale);
  value_factor = kernels::make_rescale(sqrt_d * v_scale / (q_scale * g_scale));
  constant = std::llround(std::min(
      static_cast<double>(heads.tokens) * sqrt_d / (q_scale * k_hat_scale), kLargestDivisor));

  // T_N / t_D is of this scale, whatever that of Q. As many fraction bits as the range leaves.
  const double unit = g_scale / k_hat_scale;
  const int fraction_bits =
      std::clamp(std::ilogb(largest_quotient * unit / range), 0, kMostFractionBits);
  quotient = {fraction_bits, bits, division_of(pipeline.divider_array),
              kernels::make_rescale(std::ldexp(unit, -fraction_bits) / context_scale),
              context_bits};
}

}  // namespace vitsim::model
