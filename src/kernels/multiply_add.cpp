// SPDX-License-Identifier: Apache-2.0
// Compiled once for each target of Highway, see gemm_tile.cpp.
#include "vitsim/kernels/multiply_add.h"

#include <cassert>
#include <cstddef>

#include "vitsim/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "multiply_add.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {

template <class Sum>
void multiply_add_rest(const std::int16_t* a, const std::int16_t* b, const Sum* add, Sum* out,
                       std::size_t first, std::size_t count) {
  for (std::size_t i = first; i < count; ++i) {
    out[i] = add[i] + std::int32_t{a[i]} * b[i];
  }
}

void multiply_add_32(const std::int16_t* a, const std::int16_t* b, const std::int32_t* add,
                     std::int32_t* out, std::size_t count) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<std::int32_t> wide;
  const hn::Rebind<std::int16_t, decltype(wide)> narrow;
  std::size_t i = 0;
  for (; i + hn::Lanes(wide) <= count; i += hn::Lanes(wide)) {
    const auto product = hn::Mul(hn::PromoteTo(wide, hn::LoadU(narrow, a + i)),
                                 hn::PromoteTo(wide, hn::LoadU(narrow, b + i)));
    hn::StoreU(hn::Add(hn::LoadU(wide, add + i), product), wide, out + i);
  }
  multiply_add_rest(a, b, add, out, i, count);
}

void multiply_add_64(const std::int16_t* a, const std::int16_t* b, const std::int64_t* add,
                     std::int64_t* out, std::size_t count) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<std::int64_t> sums;
  const hn::Rebind<std::int32_t, decltype(sums)> wide;
  const hn::Rebind<std::int16_t, decltype(sums)> narrow;
  std::size_t i = 0;
  for (; i + hn::Lanes(sums) <= count; i += hn::Lanes(sums)) {
    const auto product = hn::Mul(hn::PromoteTo(wide, hn::LoadU(narrow, a + i)),
                                 hn::PromoteTo(wide, hn::LoadU(narrow, b + i)));
    hn::StoreU(hn::Add(hn::LoadU(sums, add + i), hn::PromoteTo(sums, product)), sums, out + i);
  }
  multiply_add_rest(a, b, add, out, i, count);
}

}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitsim::kernels {

HWY_EXPORT(multiply_add_32);
HWY_EXPORT(multiply_add_64);

void multiply_add(std::span<const std::int16_t> a, std::span<const std::int16_t> b,
                  std::span<const std::int32_t> add, std::span<std::int32_t> out) {
  assert(a.size() == out.size() && b.size() == out.size() && add.size() == out.size());
  HWY_DYNAMIC_DISPATCH(multiply_add_32)(a.data(), b.data(), add.data(), out.data(), out.size());
}

void multiply_add(std::span<const std::int16_t> a, std::span<const std::int16_t> b,
                  std::span<const std::int64_t> add, std::span<std::int64_t> out) {
  assert(a.size() == out.size() && b.size() == out.size() && add.size() == out.size());
  HWY_DYNAMIC_DISPATCH(multiply_add_64)(a.data(), b.data(), add.data(), out.data(), out.size());
}

}  // namespace vitsim::kernels
#endif
