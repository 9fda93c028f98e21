// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/scratchpad.h"
#include "vitsim/mapping/program.h"
#include "vitsim/timing/scratchpad_port.h"

/// What commands ask of the scratchpad's ports and banks, at the least.
namespace vitsim::mapping {

/// Elements of a line of the operand, as one request.
inline timing::PadAccess line_access(const Operand& operand, std::int64_t elements,
                                     const config::Scratchpad& pad) {
  return operand.by_column ? timing::strided_access(elements, operand.region.pitch, pad)
                           : timing::run_access(elements * operand.element_bytes, pad);
}

/// A row of an operand of `cols` columns, `lanes` of them a request.
struct RowAccess {
  Cycles cycles = 0;
  Cycles last_cycles = 0;  ///< of the last request
  std::int64_t words = 0;
};
RowAccess row_access(const Operand& operand, std::int64_t cols, int lanes,
                     const config::Scratchpad& pad);

}  // namespace vitsim::mapping
