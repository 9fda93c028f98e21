// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace vitsim::kernels {

__extension__ typedef __int128 Int128;  // NOLINT(modernize-use-using): only typedef takes it

/// Clamps to 64 bits.
inline std::int64_t saturate64(Int128 x) {
  return static_cast<std::int64_t>(std::clamp(x, Int128{std::numeric_limits<std::int64_t>::min()},
                                              Int128{std::numeric_limits<std::int64_t>::max()}));
}

}  // namespace vitsim::kernels
