// SPDX-License-Identifier: Apache-2.0
// Compiled once for each target of Highway, see gemm_tile.cpp.
#include "vitsim/kernels/shiftmax.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <vector>

#include "vitsim/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "shiftmax.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "int_exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {

/// Returns whether it has computed the weights.
bool shiftmax_vectors([[maybe_unused]] const IntExp& exp, [[maybe_unused]] int output_bits,
                      [[maybe_unused]] std::span<const std::int16_t> scores,
                      [[maybe_unused]] std::span<std::int16_t> weights) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  return false;
#else
  const D32 d32;
  const hn::RebindToUnsigned<D32> u32;
  constexpr std::uint64_t kMax = std::numeric_limits<std::int32_t>::max();
  // Kept between rows: a unit calls this in every cycle.
  thread_local std::vector<std::int32_t> exponentials;
  exponentials.resize(scores.size() + kLanes);
  const VectorExp vector_exp(exp);
  const Vector32 max = hn::Set(d32, largest(scores));
  // Only the smaller of the sum and kMax matters, so each lane may stop there.
  auto sums = hn::Zero(u32);
  const auto add = [&](std::size_t i, Vector32 exponential) HWY_ATTR {
    hn::StoreU(exponential, d32, exponentials.data() + i);
    sums = hn::Min(hn::Add(sums, hn::BitCast(u32, exponential)), hn::Set(u32, kMax));
  };
  std::size_t i = 0;
  for (; i + kLanes <= scores.size(); i += kLanes) {
    add(i, vector_exp(hn::Sub(load_some(scores.data() + i, kLanes), max)));
  }
  if (const std::size_t left = scores.size() - i; left > 0) {
    const Vector32 x = hn::Min(hn::Sub(load_some(scores.data() + i, left), max), hn::Zero(d32));
    add(i, hn::IfThenElseZero(hn::FirstN(d32, left), vector_exp(x)));
  }
  alignas(HWY_MAX_BYTES) std::uint32_t lanes[kLanes];
  hn::Store(sums, u32, lanes);
  std::uint64_t sum = 0;
  for (const std::uint32_t lane : lanes) {
    sum += lane;
  }
  // Each product is at most kMax, see below.
  const Vector32 reciprocal = hn::Set(d32, static_cast<std::int32_t>(kMax / std::min(sum, kMax)));
  for (i = 0; i < scores.size(); i += kLanes) {
    const Vector32 product = hn::Mul(hn::LoadU(d32, exponentials.data() + i), reciprocal);
    store_some(hn::ShiftRightSame(product, 32 - output_bits), scores.size() - i,
               weights.data() + i);
  }
  return true;
#endif
}

}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitsim::kernels {
namespace {

constexpr int kFractionBits = 15;
constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
/// So large that sums fit 32 bits.
constexpr std::int64_t kLowestVectorX0 = -(1 << 25);

HWY_EXPORT(shiftmax_vectors);

template <class T>
void shiftmax(const IntExp& exp, int output_bits, std::span<const T> scores, std::span<T> weights) {
  // Kept between rows: a unit calls this in every cycle.
  thread_local std::vector<std::int64_t> exponentials;
  exponentials.resize(scores.size());
  const std::int64_t max = *std::max_element(scores.begin(), scores.end());
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    exponentials[i] = exp(scores[i] - max);
    sum += exponentials[i];
  }
  // No exponential is 0 or above kMax, so each product is at most kMax and each weight has
  // `output_bits` bits.
  const std::int64_t reciprocal = kMax / std::min(sum, kMax);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = static_cast<T>((exponentials[i] * reciprocal) >> (32 - output_bits));
  }
}

}  // namespace

Shiftmax::Shiftmax(double scale, int output_bits)
    : exp_(scale, kFractionBits), output_bits_(output_bits) {
  assert(output_bits >= 1 && output_bits <= 32);
}

void Shiftmax::operator()(std::span<const std::int32_t> scores,
                          std::span<std::int32_t> weights) const {
  assert(!scores.empty() && weights.size() == scores.size());
  shiftmax(exp_, output_bits_, scores, weights);
}

void Shiftmax::operator()(std::span<const std::int16_t> scores,
                          std::span<std::int16_t> weights) const {
  assert(!scores.empty() && weights.size() == scores.size() && output_bits_ <= 16);
  if (exp_.x0() < kLowestVectorX0 ||
      !HWY_DYNAMIC_DISPATCH(shiftmax_vectors)(exp_, output_bits_, scores, weights)) {
    shiftmax(exp_, output_bits_, scores, weights);
  }
}

}  // namespace vitsim::kernels
#endif
