// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/add.h"

#include <algorithm>
#include <cassert>

namespace vitsim::kernels {

void add_row(std::span<const std::int16_t> a, std::span<const std::int16_t> b, int bits,
             std::span<std::int16_t> sum) {
  assert(a.size() == sum.size() && b.size() == sum.size() && bits >= 1 && bits <= 16);
  const int max = (1 << (bits - 1)) - 1;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] = static_cast<std::int16_t>(std::clamp(a[i] + b[i], -max - 1, max));
  }
}

}  // namespace vitsim::kernels
