// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/scratchpad_port.h"

#include <algorithm>

namespace vitsim::timing {

PadAccess run_access(Bytes bytes, const config::Scratchpad& pad) {
  const auto words = ceil_div<std::int64_t>(bytes, pad.bank_width_bytes);
  return {ceil_div<std::int64_t>(words, pad.banks), words};
}

PadAccess strided_access(std::int64_t count, Bytes stride, const config::Scratchpad& pad) {
  const auto span = ceil_div<std::int64_t>((count - 1) * stride + 1, pad.bank_width_bytes);
  const std::int64_t words = std::min(count, span);
  return {ceil_div<std::int64_t>(words, pad.banks), words};
}

std::int64_t words_per_cycle(const config::Scratchpad& pad) {
  const int kinds = pad.port_kind == config::PortKind::kSeparate ? 2 : 1;
  return std::int64_t{pad.banks} * pad.ports * kinds;
}

}  // namespace vitsim::timing
