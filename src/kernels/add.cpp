// SPDX-License-Identifier: Apache-2.0
// Compiled once for each target of Highway, see gemm_tile.cpp.
#include "vitsim/kernels/add.h"

#include <algorithm>
#include <cassert>

#include "vitsim/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "add.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {

void add_elements(std::int64_t* sums, const std::int64_t* more, std::size_t count) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<std::int64_t> d;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= count; i += hn::Lanes(d)) {
    hn::StoreU(hn::Add(hn::LoadU(d, sums + i), hn::LoadU(d, more + i)), d, sums + i);
  }
  for (; i < count; ++i) {
    sums[i] += more[i];
  }
}

}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vitsim::kernels {

HWY_EXPORT(add_elements);

void add_row(std::span<const std::int16_t> a, std::span<const std::int16_t> b, int bits,
             std::span<std::int16_t> sum) {
  assert(a.size() == sum.size() && b.size() == sum.size() && bits >= 1 && bits <= 16);
  const int max = (1 << (bits - 1)) - 1;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] = static_cast<std::int16_t>(std::clamp(a[i] + b[i], -max - 1, max));
  }
}

void add_rows(std::span<std::int64_t> sums, std::span<const std::int64_t> more) {
  assert(sums.size() == more.size());
  HWY_DYNAMIC_DISPATCH(add_elements)(sums.data(), more.data(), sums.size());
}

}  // namespace vitsim::kernels
#endif
