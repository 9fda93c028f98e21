// SPDX-License-Identifier: Apache-2.0
#include "gemm_parts.h"

#include <algorithm>

#include "vitsim/timing/array.h"

namespace vitsim::sim {

std::vector<GemmPart> gemm_parts(const model::GemmShape& all, const config::PeArray& array) {
  const std::int64_t width = timing::sums_width(array);
  const bool columns = timing::sums_are_columns(array);
  const std::int64_t m_step = columns ? width : all.m;
  const std::int64_t n_step = columns ? all.n : width;
  std::int64_t k_step = all.k;
  if (timing::type_of(array) == timing::ArrayType::kRowWise) {
    const std::int64_t unit = timing::contraction_width(array);
    k_step = std::max<std::int64_t>(array.row_buffer_elements / unit, 1) * unit;
  }
  std::vector<GemmPart> parts;
  for (std::int64_t m = 0; m < all.m; m += m_step) {
    for (std::int64_t n = 0; n < all.n; n += n_step) {
      for (std::int64_t k = 0; k < all.k; k += k_step) {
        GemmPart& part = parts.emplace_back();
        part.m = m;
        part.k = k;
        part.n = n;
        mapping::MatmulTile tile;
        tile.shape = {std::min(m_step, all.m - m), std::min(k_step, all.k - k),
                      std::min(n_step, all.n - n)};
        tile.first = k == 0;
        tile.last = k + k_step >= all.k;
        part.command.unit = mapping::Unit::kPeArray;
        part.command.work = tile;
      }
    }
  }
  return parts;
}

}  // namespace vitsim::sim
