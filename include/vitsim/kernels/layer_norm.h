// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace vitsim::kernels {

/// What the layer-norm unit keeps for one feature: gamma and beta as the integers G and B.
struct LayerNormParams {
  std::int32_t gain = 0;
  std::int64_t offset = 0;
  friend bool operator==(const LayerNormParams&, const LayerNormParams&) = default;
};

/// The integers of one layer norm over C features: out = saturate((y G + B + 2^(s-1)) >> s), with
/// y of i_layer_norm(), G = round(gamma sqrt(C) 2^(s-30) / output_scale) and
/// B = round(beta 2^s / output_scale).
struct LayerNormTable {
  std::vector<LayerNormParams> params;  ///< one for each feature
  int shift = 1;                        ///< s, the largest for which all G and B fit
};
/// ModelError where no shift fits.
LayerNormTable make_layer_norm_table(std::span<const float> gamma, std::span<const float> beta,
                                     double output_scale);

/// I-ViT's I-LayerNorm of one row before gamma and beta: scale sqrt(C) / 2^30. The scale of x
/// cancels. Mean rounded, ties to even; integer square root in ten iterations from 2^16. |y| is at
/// most 2^30. x has at most 24 bits and 2^15 elements.
void i_layer_norm(std::span<const std::int32_t> x, std::span<std::int64_t> y);

/// One row with gamma and beta, saturated to `output_bits`.
void layer_norm_row(std::span<const std::int16_t> x, std::span<const LayerNormParams> params,
                    int shift, int output_bits, std::span<std::int16_t> y);

}  // namespace vitsim::kernels
