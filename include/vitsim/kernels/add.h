// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace vitsim::kernels {

/// sum[i] = saturate(a[i] + b[i], bits); operands of one scale.
void add_row(std::span<const std::int16_t> a, std::span<const std::int16_t> b, int bits,
             std::span<std::int16_t> sum);

/// sums[i] += more[i].
void add_rows(std::span<std::int64_t> sums, std::span<const std::int64_t> more);

}  // namespace vitsim::kernels
