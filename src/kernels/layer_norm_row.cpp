// SPDX-License-Identifier: Apache-2.0
// Compiled once for each target of Highway, see gemm_tile.cpp.
#include <cassert>
#include <cstddef>
#include <limits>

#include "vitsim/kernels/highway_targets.h"
#include "vitsim/kernels/layer_norm.h"
#include "vitsim/kernels/requantize.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layer_norm_row.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef VITSIM_KERNELS_LAYER_NORM_ROW
#define VITSIM_KERNELS_LAYER_NORM_ROW
namespace vitsim::kernels {
namespace {

/// Of the elements of a row so far.
struct Moments {
  std::int64_t sum = 0;
  std::int64_t squares = 0;
  std::size_t count = 0;
};

/// What all features of a row share: y = floor((x - mean) reciprocal / 2).
struct RowStatistics {
  std::int64_t mean;
  std::int64_t reciprocal;

  /// In [-2^30, 2^30): |x - mean| <= floor(sqrt(V)) <= k, so the product is at most 2^31 - 1.
  [[nodiscard]] std::int64_t normalize(std::int64_t x) const {
    return ((x - mean) * reciprocal) >> 1;
  }
};

}  // namespace
}  // namespace vitsim::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {

/// Of as many leading elements as full vectors hold.
Moments moments_of_vectors([[maybe_unused]] std::span<const std::int16_t> x) {
  Moments moments;
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<std::int16_t> d16;
  const hn::ScalableTag<std::int32_t> d32;
  const hn::ScalableTag<std::uint64_t> u64;
  const hn::ScalableTag<std::int64_t> d64;
  const auto ones = hn::Set(d16, 1);
  // 2^15 elements of 16 bits add up to 31 bits.
  auto sum = hn::Zero(d32);
  auto rest = hn::Zero(d32);
  auto squares = hn::Zero(u64);
  const auto low_half = hn::Set(u64, 0xFFFFFFFF);
  for (; moments.count + hn::Lanes(d16) <= x.size(); moments.count += hn::Lanes(d16)) {
    const auto values = hn::LoadU(d16, x.data() + moments.count);
    sum = hn::ReorderWidenMulAccumulate(d32, values, ones, sum, rest);
    auto rest_of_pairs = hn::Zero(d32);
    const auto some =
        hn::ReorderWidenMulAccumulate(d32, values, values, hn::Zero(d32), rest_of_pairs);
    // Two squares are at most 2^31: without a sign.
    const auto pairs = hn::BitCast(u64, hn::RearrangeToOddPlusEven(some, rest_of_pairs));
    squares = hn::Add(squares, hn::Add(hn::And(pairs, low_half), hn::ShiftRight<32>(pairs)));
  }
  const auto all = hn::BitCast(d64, hn::RearrangeToOddPlusEven(sum, rest));
  const auto high = hn::ShiftRight<32>(all);
  const auto low = hn::ShiftRight<32>(hn::ShiftLeft<32>(all));
  moments.sum = hn::GetLane(hn::SumOfLanes(d64, hn::Add(low, high)));
  moments.squares = static_cast<std::int64_t>(hn::GetLane(hn::SumOfLanes(u64, squares)));
#endif
  return moments;
}

/// Writes as many leading elements of y as full vectors hold, and returns how many.
std::size_t normalize_vectors([[maybe_unused]] std::span<const std::int16_t> x,
                              [[maybe_unused]] std::span<const LayerNormParams> params,
                              [[maybe_unused]] RowStatistics row, [[maybe_unused]] int shift,
                              [[maybe_unused]] int output_bits,
                              [[maybe_unused]] std::span<std::int16_t> y) {
  std::size_t done = 0;
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<std::int64_t> d64;
  const hn::RebindToUnsigned<decltype(d64)> u64;
  const hn::Repartition<std::int32_t, decltype(d64)> d32;  // two for each feature
  const hn::Rebind<std::int32_t, decltype(d64)> feature32;
  const hn::Rebind<std::int16_t, decltype(d64)> feature16;
  const hn::Rebind<std::uint16_t, decltype(d64)> feature_u16;

  static_assert(sizeof(LayerNormParams) == 2 * sizeof(std::int64_t) &&
                offsetof(LayerNormParams, gain) == 0 && offsetof(LayerNormParams, offset) == 8);
  const auto mean = hn::Set(feature32, static_cast<std::int32_t>(row.mean));
  const auto reciprocal = hn::Set(feature32, static_cast<std::int32_t>(row.reciprocal));
  const auto half = hn::Set(d64, std::int64_t{1} << (shift - 1));
  const auto shifts = hn::Set(d64, shift);
  const auto highest = hn::Set(d64, (std::int64_t{1} << (output_bits - 1)) - 1);
  for (; done + hn::Lanes(d64) <= x.size(); done += hn::Lanes(d64)) {
    auto gain = hn::Undefined(d64);  // in the lower half; the upper is of no meaning
    auto offset = hn::Undefined(d64);
    hn::LoadInterleaved2(d64, reinterpret_cast<const std::int64_t*>(params.data() + done), gain,
                         offset);
    const auto value = hn::PromoteTo(feature32, hn::LoadU(feature16, x.data() + done));
    const auto product = hn::Mul(hn::Sub(value, mean), reciprocal);
    const auto normal = hn::PromoteTo(d64, hn::ShiftRight<1>(product));
    const auto scaled = hn::MulEven(hn::BitCast(d32, normal), hn::BitCast(d32, gain));
    auto result = hn::Shr(hn::Add(hn::Add(scaled, offset), half), shifts);
    result = hn::Max(hn::Min(result, highest), hn::Not(highest));
    const auto narrow = hn::TruncateTo(feature_u16, hn::BitCast(u64, result));
    hn::StoreU(hn::BitCast(feature16, narrow), feature16, y.data() + done);
  }
#endif
  return done;
}

}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitsim::kernels {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
constexpr int kRootIterations = 10;

HWY_EXPORT(moments_of_vectors);
HWY_EXPORT(normalize_vectors);

/// floor(sum / count), or one more where that is nearer; of two equally near the even one.
std::int64_t rounded_mean(std::int64_t sum, std::int64_t count) {
  std::int64_t mean = sum / count;
  std::int64_t rest = sum % count;
  if (rest < 0) {
    rest += count;
    --mean;
  }
  const bool up = 2 * rest > count || (2 * rest == count && mean % 2 != 0);
  return up ? mean + 1 : mean;
}

/// Of a row with these moments of all its elements.
RowStatistics statistics(Moments moments) {
  const auto count = static_cast<std::int64_t>(moments.count);
  const std::int64_t mean = rounded_mean(moments.sum, count);
  // The sum of (x - mean)^2.
  const std::int64_t variance = moments.squares - mean * (2 * moments.sum - count * mean);
  // Newton's square root from above. A step at most halves k, so k >= 2^6 also for V = 0.
  std::int64_t k = std::int64_t{1} << 16;
  for (int i = 0; i < kRootIterations; ++i) {
    k = (k + variance / k) / 2;
  }
  return {mean, kMax / k};
}

/// The moments of a row of which `moments` has those of the first elements.
template <class T>
Moments complete(Moments moments, std::span<const T> x) {
  assert(!x.empty());
  for (; moments.count < x.size(); ++moments.count) {
    const std::int64_t value = x[moments.count];
    moments.sum += value;
    moments.squares += value * value;
  }
  return moments;
}

}  // namespace

void i_layer_norm(std::span<const std::int32_t> x, std::span<std::int64_t> y) {
  assert(x.size() == y.size());
  const RowStatistics row = statistics(complete({}, x));
  for (std::size_t c = 0; c < x.size(); ++c) {
    y[c] = row.normalize(x[c]);
  }
}

void layer_norm_row(std::span<const std::int16_t> x, std::span<const LayerNormParams> params,
                    int shift, int output_bits, std::span<std::int16_t> y) {
  assert(x.size() == y.size() && x.size() == params.size());
  assert(shift >= 1 && shift <= 62 && output_bits >= 1 && output_bits <= 16);
  const RowStatistics row = statistics(complete(HWY_DYNAMIC_DISPATCH(moments_of_vectors)(x), x));
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  std::size_t c = HWY_DYNAMIC_DISPATCH(normalize_vectors)(x, params, row, shift, output_bits, y);
  for (; c < x.size(); ++c) {
    const std::int64_t sum = row.normalize(x[c]) * params[c].gain + params[c].offset + half;
    y[c] = static_cast<std::int16_t>(saturate(sum >> shift, output_bits));
  }
}

}  // namespace vitsim::kernels
#endif
