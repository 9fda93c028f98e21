// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace vitsim::kernels {

/// sum[i] = saturate(a[i] + b[i], bits); operands of one scale.
void add_row(std::span<const std::int16_t> a, std::span<const std::int16_t> b, int bits,
             std::span<std::int16_t> sum);

}  // namespace vitsim::kernels
