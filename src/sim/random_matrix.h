// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "vitsim/core/matrix.h"
#include "vitsim/core/random.h"

namespace vitsim::sim {

/// Random integers in [lowest, highest], row by row.
inline IntMatrix random_matrix(std::int64_t rows, std::int64_t cols, std::int64_t lowest,
                               std::int64_t highest, Random& random) {
  IntMatrix values(rows, cols);
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int16_t& value : values.row(row)) {
      value = static_cast<std::int16_t>(random.integer(lowest, highest));
    }
  }
  return values;
}

}  // namespace vitsim::sim
