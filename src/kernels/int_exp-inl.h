// SPDX-License-Identifier: Apache-2.0
// IntExp for vectors; included once for each target of Highway.
#if defined(VITSIM_KERNELS_INT_EXP_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VITSIM_KERNELS_INT_EXP_INL
#undef VITSIM_KERNELS_INT_EXP_INL
#else
#define VITSIM_KERNELS_INT_EXP_INL
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <hwy/highway.h>

#include "vitsim/kernels/int_exp.h"

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using D32 = hn::ScalableTag<std::int32_t>;
using DFloat = hn::ScalableTag<float>;
using D16 = hn::Rebind<std::int16_t, D32>;
using Vector32 = hn::Vec<D32>;

constexpr std::size_t kLanes = HWY_MAX_BYTES / sizeof(std::int32_t);

/// IntExp of differences of 16-bit integers that are not positive; -x0 at most 2^25.
class VectorExp {
 public:
  explicit VectorExp(const IntExp& exp)
      : n_(hn::Set(D32(), exp.n())),
        step_(hn::Set(D32(), static_cast<std::int32_t>(-exp.x0()))),
        inverse_(hn::Set(DFloat(), static_cast<float>(-1.0 / static_cast<double>(exp.x0())))),
        most_(hn::Mul(n_, step_)) {}

  [[nodiscard]] Vector32 operator()(Vector32 x) const {
    const D32 d32;
    const DFloat d_float;
    const Vector32 y = hn::Sub(hn::Add(x, hn::ShiftRight<1>(x)), hn::ShiftRight<4>(x));
    const Vector32 down = hn::Min(hn::Neg(y), most_);
    // q = floor(down / step): two roundings change the quotient by at most 2^-23 of it, which is
    // less than 1 / step as `down` is below 2^18. So q is wrong only where `down` is a multiple of
    // `step`, by one, and there both give the same result.
    const auto quotient = hn::Mul(hn::ConvertTo(d_float, down), inverse_);
    const Vector32 q = hn::ConvertTo(d32, quotient);
    const Vector32 mantissa = hn::Sub(hn::Mul(hn::Add(q, hn::Set(d32, 2)), step_), down);
    const Vector32 shift = hn::Sub(hn::Sub(n_, hn::Set(d32, 1)), q);  // -1 for the most negative
    const Vector32 left = hn::Max(shift, hn::Zero(d32));
    const Vector32 max = hn::Set(d32, std::numeric_limits<std::int32_t>::max());
    const Vector32 shifted =
        hn::IfThenElse(hn::Gt(mantissa, hn::Shr(max, left)), max, hn::Shl(mantissa, left));
    return hn::IfThenElse(hn::Lt(shift, hn::Zero(d32)), hn::ShiftRight<1>(mantissa), shifted);
  }

 private:
  Vector32 n_;
  Vector32 step_;
  hn::Vec<DFloat> inverse_;
  Vector32 most_;
};

/// The first `count` elements at `from`, at most as many as a vector has, and 0.
Vector32 load_some(const std::int16_t* from, std::size_t count) {
  const D16 d16;
  if (count >= kLanes) {
    return hn::PromoteTo(D32(), hn::LoadU(d16, from));
  }
  alignas(HWY_MAX_BYTES) std::int16_t padded[kLanes] = {};
  std::copy_n(from, count, padded);
  return hn::PromoteTo(D32(), hn::Load(d16, padded));
}

/// The first `count` lanes, saturated.
void store_some(Vector32 values, std::size_t count, std::int16_t* to) {
  const D16 d16;
  const auto narrow = hn::DemoteTo(d16, values);
  if (count >= kLanes) {
    hn::StoreU(narrow, d16, to);
    return;
  }
  alignas(HWY_MAX_BYTES) std::int16_t padded[kLanes];
  hn::Store(narrow, d16, padded);
  std::copy_n(padded, count, to);
}

std::int32_t largest(std::span<const std::int16_t> x) {
  const hn::ScalableTag<std::int16_t> d;
  if (x.size() < hn::Lanes(d)) {
    return *std::max_element(x.begin(), x.end());
  }
  // The last vector may overlap the one before it.
  auto max = hn::LoadU(d, x.data() + x.size() - hn::Lanes(d));
  for (std::size_t i = 0; i + hn::Lanes(d) < x.size(); i += hn::Lanes(d)) {
    max = hn::Max(max, hn::LoadU(d, x.data() + i));
  }
  return hn::GetLane(hn::MaxOfLanes(d, max));
}

}  // namespace
#endif
}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
