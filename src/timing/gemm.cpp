// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/gemm.h"

#include <algorithm>

namespace vitsim::timing {

std::int64_t fold_count(const model::GemmShape& shape, const config::PeArray& array) {
  return ceil_div<std::int64_t>(shape.k, array.rows) * ceil_div<std::int64_t>(shape.n, array.cols);
}

Cycles array_latency(const config::PeArray& array) { return array.rows + array.cols - 2; }

Cycles gemm_cycles(const model::GemmShape& shape, const config::PeArray& array) {
  const std::int64_t folds = fold_count(shape, array);
  const Cycles alone = shape.m + array.rows + array_latency(array);
  if (!array.overlap_folds) {
    return folds * alone;
  }
  return (folds - 1) * std::max<Cycles>(shape.m, array.rows) + alone;
}

}  // namespace vitsim::timing
