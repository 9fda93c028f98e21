// SPDX-License-Identifier: Apache-2.0
// Compiled once for each target of Highway, see gemm_tile.cpp.
#include "vitsim/kernels/post_process.h"

#include <cassert>
#include <cstddef>

#include "vitsim/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "post_process.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {

/// As many leading columns as full vectors hold, for accumulators of at most 32 bits. Adds the
/// saturated ones to `saturated` and returns how many columns are done.
std::size_t post_process_vectors([[maybe_unused]] std::span<const std::int64_t> sums,
                                 [[maybe_unused]] std::span<const ChannelParams> params,
                                 [[maybe_unused]] std::span<const std::int16_t> residual,
                                 [[maybe_unused]] std::span<std::int16_t> out,
                                 [[maybe_unused]] PostProcessWidths widths,
                                 [[maybe_unused]] std::int64_t& saturated) {
  std::size_t done = 0;
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<std::int64_t> d64;
  const hn::RebindToUnsigned<decltype(d64)> u64;
  const hn::Repartition<std::int32_t, decltype(d64)> d32;  // two for each column
  const hn::Rebind<std::int32_t, decltype(d64)> column32;
  const hn::Rebind<std::int16_t, decltype(d64)> column16;
  const hn::Rebind<std::uint16_t, decltype(d64)> column_u16;

  static_assert(sizeof(ChannelParams) == 3 * sizeof(std::int32_t));
  const bool uniform = params.size() == 1;
  auto bias = hn::Set(d64, params[0].bias);
  auto multiplier = hn::Set(d64, params[0].rescale.multiplier);
  auto shift = hn::Set(d64, params[0].rescale.shift);
  const auto one = hn::Set(d64, 1);
  const auto highest_sum = hn::Set(d64, (std::int64_t{1} << (widths.accumulator_bits - 1)) - 1);
  const auto highest = hn::Set(d64, (std::int64_t{1} << (widths.output_bits - 1)) - 1);
  for (; done + hn::Lanes(d64) <= sums.size(); done += hn::Lanes(d64)) {
    if (!uniform) {
      auto bias32 = hn::Undefined(column32);
      auto multiplier32 = hn::Undefined(column32);
      auto shift32 = hn::Undefined(column32);
      hn::LoadInterleaved3(column32, &params[done].bias, bias32, multiplier32, shift32);
      bias = hn::PromoteTo(d64, bias32);
      multiplier = hn::PromoteTo(d64, multiplier32);
      shift = hn::PromoteTo(d64, shift32);
    }
    const auto sum = hn::Add(hn::LoadU(d64, sums.data() + done), bias);
    const auto accumulator = hn::Max(hn::Min(sum, highest_sum), hn::Not(highest_sum));
    saturated += static_cast<std::int64_t>(hn::CountTrue(d64, hn::Ne(sum, accumulator)));
    const auto product = hn::MulEven(hn::BitCast(d32, accumulator), hn::BitCast(d32, multiplier));
    const auto half = hn::Shl(one, hn::Sub(shift, one));
    auto result = hn::Shr(hn::Add(product, half), shift);
    if (!residual.empty()) {
      const auto added = hn::PromoteTo(column32, hn::LoadU(column16, residual.data() + done));
      result = hn::Add(result, hn::PromoteTo(d64, added));
    }
    result = hn::Max(hn::Min(result, highest), hn::Not(highest));
    const auto narrow = hn::TruncateTo(column_u16, hn::BitCast(u64, result));
    hn::StoreU(hn::BitCast(column16, narrow), column16, out.data() + done);
  }
#endif
  return done;
}

}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitsim::kernels {
namespace {

// Wide enough to change no result of at most 16 bits, and adding a residual cannot overflow.
constexpr int kRescaledBits = 48;

HWY_EXPORT(post_process_vectors);

}  // namespace

std::int64_t post_process_row(std::span<const std::int64_t> sums,
                              std::span<const ChannelParams> params,
                              std::span<const std::int16_t> residual, std::span<std::int16_t> out,
                              PostProcessWidths widths) {
  assert(params.size() == sums.size() || params.size() == 1);
  assert(residual.size() == sums.size() || residual.empty());
  assert(out.size() == sums.size() && widths.output_bits <= 16);
  std::int64_t saturated = 0;
  std::size_t n = 0;
  if (widths.accumulator_bits <= 32 && !sums.empty()) {
    n = HWY_DYNAMIC_DISPATCH(post_process_vectors)(sums, params, residual, out, widths, saturated);
  }
  const std::size_t params_step = params.size() == 1 ? 0 : 1;
  for (; n < sums.size(); ++n) {
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
#endif
