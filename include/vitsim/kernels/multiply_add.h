// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace vitsim::kernels {

/// out[i] = a[i] * b[i] + add[i]: what a row of PEs does in a cycle. All of one length; `out` may
/// be `add`. The sums must fit.
void multiply_add(std::span<const std::int16_t> a, std::span<const std::int16_t> b,
                  std::span<const std::int32_t> add, std::span<std::int32_t> out);
void multiply_add(std::span<const std::int16_t> a, std::span<const std::int16_t> b,
                  std::span<const std::int64_t> add, std::span<std::int64_t> out);

}  // namespace vitsim::kernels
