// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "vitsim/kernels/requantize.h"

namespace vitsim::kernels {

/// What the post-processor keeps for one output column.
struct ChannelParams {
  std::int32_t bias = 0;  ///< at the scale of the sums
  Rescale rescale;        ///< from the scale of the sums to that of the output
  friend bool operator==(const ChannelParams&, const ChannelParams&) = default;
};

/// Widths in the post-processor.
struct PostProcessWidths {
  int accumulator_bits = 32;
  int output_bits = 8;
};

/// out[n] = saturate(rescale(saturate(sums[n] + bias[n], accumulator_bits)) + residual[n],
/// output_bits). `params` has one entry for each column, or a single one for all; `residual` is
/// empty or as long as `sums`. Returns how many sums were saturated to accumulator_bits.
std::int64_t post_process_row(std::span<const std::int64_t> sums,
                              std::span<const ChannelParams> params,
                              std::span<const std::int16_t> residual, std::span<std::int16_t> out,
                              PostProcessWidths widths);

}  // namespace vitsim::kernels
