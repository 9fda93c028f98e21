// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/post_process.h"

#include <cassert>

namespace vitsim::kernels {
namespace {

// Wide enough to change no result of at most 16 bits, and adding a residual cannot overflow.
constexpr int kRescaledBits = 48;

}  // namespace

std::int64_t post_process_row(std::span<const std::int64_t> sums,
                              std::span<const ChannelParams> params,
                              std::span<const std::int16_t> residual, std::span<std::int16_t> out,
                              PostProcessWidths widths) {
  assert(params.size() == sums.size() || params.size() == 1);
  assert(residual.size() == sums.size() || residual.empty());
  assert(out.size() == sums.size() && widths.output_bits <= 16);
  const std::size_t params_step = params.size() == 1 ? 0 : 1;
  std::int64_t saturated = 0;
  for (std::size_t n = 0; n < sums.size(); ++n) {
    const ChannelParams& channel = params[n * params_step];
    const std::int64_t sum = sums[n] + channel.bias;
    const std::int64_t accumulator = saturate(sum, widths.accumulator_bits);
    saturated += accumulator != sum ? 1 : 0;
    const std::int64_t rescaled = saturate(rescale(accumulator, channel.rescale), kRescaledBits) +
                                  (residual.empty() ? 0 : residual[n]);
    out[n] = static_cast<std::int16_t>(saturate(rescaled, widths.output_bits));
  }
  return saturated;
}

}  // namespace vitsim::kernels
