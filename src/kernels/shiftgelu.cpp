// SPDX-License-Identifier: Apache-2.0
// Compiled once for each target of Highway, see gemm_tile.cpp.
#include "vitsim/kernels/shiftgelu.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "vitsim/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "shiftgelu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "int_exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

/// floor((2^31 - 1) / x) for positive x. Exact in double: where the quotient is no integer, it is
/// 1 / x or more away from the next, and rounding changes it by less than 2^31 / x 2^-53.
Vector32 reciprocal(Vector32 x) {
  const hn::ScalableTag<double> d64;
  const hn::Half<D32> half;
  const auto max = hn::Set(d64, std::numeric_limits<std::int32_t>::max());
  const auto low = hn::Div(max, hn::PromoteTo(d64, hn::LowerHalf(half, x)));
  const auto high = hn::Div(max, hn::PromoteTo(d64, hn::UpperHalf(half, x)));
  return hn::Combine(D32(), hn::DemoteTo(half, high), hn::DemoteTo(half, low));
}

/// requantize() of |x| <= 127 2^15 with a shift of at least 22, so that results fit 32 bits.
class VectorRequantize {
 public:
  VectorRequantize(Rescale rescale, int bits)
      : multiplier_(hn::Set(D32(), rescale.multiplier)),
        half_(hn::Set(D64(), std::int64_t{1} << (rescale.shift - 1))),
        shift_(hn::Set(D64(), rescale.shift)),
        highest_(hn::Set(D32(), (1 << (bits - 1)) - 1)) {}

  [[nodiscard]] Vector32 operator()(Vector32 x) const {
    const D32 d32;
    const hn::RebindToUnsigned<D64> u64;
    const auto odd_x = hn::BitCast(d32, hn::ShiftRight<32>(hn::BitCast(u64, x)));
    const auto even = hn::BitCast(u64, scaled(hn::MulEven(x, multiplier_)));
    const auto odd = hn::BitCast(u64, scaled(hn::MulEven(odd_x, multiplier_)));
    const Vector32 result =
        hn::OddEven(hn::BitCast(d32, hn::ShiftLeft<32>(odd)), hn::BitCast(d32, even));
    return hn::Max(hn::Min(result, highest_), hn::Not(highest_));
  }

 private:
  using D64 = hn::ScalableTag<std::int64_t>;
  using Vector64 = hn::Vec<D64>;

  [[nodiscard]] Vector64 scaled(Vector64 product) const {
    return hn::Shr(hn::Add(product, half_), shift_);
  }

  Vector32 multiplier_;
  Vector64 half_;
  Vector64 shift_;
  Vector32 highest_;
};

}  // namespace
#endif

/// Returns whether it has computed y.
bool shiftgelu_vectors([[maybe_unused]] const IntExp& exp, [[maybe_unused]] Rescale rescale,
                       [[maybe_unused]] int output_bits,
                       [[maybe_unused]] std::span<const std::int16_t> x,
                       [[maybe_unused]] std::span<std::int16_t> y) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  return false;
#else
  const D32 d32;
  const hn::RebindToUnsigned<D32> u32;
  constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
  const VectorExp vector_exp(exp);
  const VectorRequantize requantize_vector(rescale, output_bits);
  const std::int32_t largest_x = largest(x);
  const Vector32 max = hn::Set(d32, largest_x);
  const auto exp_of_zero = hn::Set(u32, static_cast<std::uint32_t>(exp(-largest_x)));
  for (std::size_t i = 0; i < x.size(); i += kLanes) {
    const std::size_t left = x.size() - i;
    const Vector32 values = load_some(x.data() + i, left);
    // Lanes behind the row's end would be above its maximum.
    const Vector32 exp_of_x = vector_exp(hn::Min(hn::Sub(values, max), hn::Zero(d32)));
    const auto sum = hn::Min(hn::Add(hn::BitCast(u32, exp_of_x), exp_of_zero), hn::Set(u32, kMax));
    // See the portable code below: the product is at most kMax, sigma at most 127.
    const Vector32 product = hn::Mul(exp_of_x, reciprocal(hn::BitCast(d32, sum)));
    const Vector32 sigma = hn::ShiftRight<24>(product);
    store_some(requantize_vector(hn::Mul(values, sigma)), left, y.data() + i);
  }
  return true;
#endif
}

}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitsim::kernels {
namespace {

constexpr int kFractionBits = 23;
constexpr int kSigmaBits = 8;
constexpr double kSigmoidSlope = 1.702;
constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
/// So large that sums fit 32 bits.
constexpr std::int64_t kLowestVectorX0 = -(1 << 25);
constexpr int kLeastVectorShift = 22;

HWY_EXPORT(shiftgelu_vectors);

/// Calls store(i, x[i] sigma) for each element of a row.
template <class T, class Store>
void gate(const IntExp& exp, std::span<const T> x, Store store) {
  assert(!x.empty());
  const std::int64_t max = *std::max_element(x.begin(), x.end());
  const std::int64_t exp_of_zero = exp(-max);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::int64_t exp_of_x = exp(x[i] - max);
    // Neither exponential is 0 or above kMax: the product is at most kMax, sigma at most 127.
    const std::int64_t reciprocal = kMax / std::min(exp_of_x + exp_of_zero, kMax);
    const std::int64_t sigma = (exp_of_x * reciprocal) >> (32 - kSigmaBits);
    store(i, x[i] * sigma);
  }
}

}  // namespace

ShiftGelu::ShiftGelu(double scale, double output_scale, int output_bits)
    : exp_(kSigmoidSlope * scale, kFractionBits),
      rescale_(make_rescale(scale / (1 << (kSigmaBits - 1)) / output_scale)),
      output_bits_(output_bits) {
  assert(output_bits >= 1 && output_bits <= 16);
}

void ShiftGelu::raw(std::span<const std::int32_t> x, std::span<std::int64_t> y) const {
  assert(x.size() == y.size());
  gate(exp_, x, [&](std::size_t i, std::int64_t gated) { y[i] = gated; });
}

void ShiftGelu::operator()(std::span<const std::int16_t> x, std::span<std::int16_t> y) const {
  assert(!x.empty() && x.size() == y.size());
  if (exp_.x0() >= kLowestVectorX0 && rescale_.shift >= kLeastVectorShift &&
      HWY_DYNAMIC_DISPATCH(shiftgelu_vectors)(exp_, rescale_, output_bits_, x, y)) {
    return;
  }
  gate(exp_, x, [&](std::size_t i, std::int64_t gated) {
    y[i] = static_cast<std::int16_t>(requantize(gated, rescale_, output_bits_));
  });
}

}  // namespace vitsim::kernels
#endif
