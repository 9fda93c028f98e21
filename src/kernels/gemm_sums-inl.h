// SPDX-License-Identifier: Apache-2.0
// How the 32-bit sums of a tile get into the matrix of 64-bit sums, added to what is there where
// `accumulate`; included once for each target of Highway.
#if defined(VITSIM_KERNELS_GEMM_SUMS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VITSIM_KERNELS_GEMM_SUMS_INL
#undef VITSIM_KERNELS_GEMM_SUMS_INL
#else
#define VITSIM_KERNELS_GEMM_SUMS_INL
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "gemm_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

/// Where sums go.
struct Target {
  std::int64_t* sums;
  std::int64_t pitch;
  std::int64_t cols;
  bool accumulate;
};

/// A whole vector.
void store_vector(Vector32 added, std::int64_t* sums, bool accumulate) {
  const D64 d64;
  const hn::Half<D32> half;
  auto low = hn::PromoteTo(d64, hn::LowerHalf(half, added));
  auto high = hn::PromoteTo(d64, hn::UpperHalf(half, added));
  if (accumulate) {
    low = hn::Add(low, hn::LoadU(d64, sums));
    high = hn::Add(high, hn::LoadU(d64, sums + kLanes / 2));
  }
  hn::StoreU(low, d64, sums);
  hn::StoreU(high, d64, sums + kLanes / 2);
}

/// target.cols of them, from aligned memory.
void store_row(const std::int32_t* added, const Target& target, std::int64_t* sums) {
  const D64 d64;
  const hn::Rebind<std::int32_t, D64> d32;
  constexpr std::int64_t kStep = kLanes / 2;
  std::int64_t n = 0;
  for (; n + kStep <= target.cols; n += kStep) {
    auto row = hn::PromoteTo(d64, hn::Load(d32, added + n));
    if (target.accumulate) {
      row = hn::Add(row, hn::LoadU(d64, sums + n));
    }
    hn::StoreU(row, d64, sums + n);
  }
#if HWY_MEM_OPS_MIGHT_FAULT
  for (; n < target.cols; ++n) {
    sums[n] = (target.accumulate ? sums[n] : 0) + added[n];
  }
#else
  if (n < target.cols) {
    const auto mask = hn::FirstN(d64, static_cast<std::size_t>(target.cols - n));
    auto row = hn::PromoteTo(d64, hn::Load(d32, added + n));
    if (target.accumulate) {
      row = hn::Add(row, hn::MaskedLoad(mask, d64, sums + n));
    }
    hn::BlendedStore(row, mask, d64, sums + n);
  }
#endif
}

}  // namespace
#endif
}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
