// SPDX-License-Identifier: Apache-2.0
#include "pad_access.h"

namespace vitsim::mapping {

RowAccess row_access(const Operand& operand, std::int64_t cols, int lanes,
                     const config::Scratchpad& pad) {
  const std::int64_t elements = operand.by_column ? operand.tile.rows : operand.tile.cols;
  const std::int64_t each = elements / cols;  // of a column
  const auto groups = ceil_div<std::int64_t>(cols, lanes);
  const auto last = line_access(operand, (cols - (groups - 1) * lanes) * each, pad);
  if (groups == 1) {
    return {last.cycles, last.cycles, last.words};
  }
  const auto whole = line_access(operand, lanes * each, pad);
  return {(groups - 1) * whole.cycles + last.cycles, last.cycles,
          (groups - 1) * whole.words + last.words};
}

}  // namespace vitsim::mapping
