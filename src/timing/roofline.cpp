// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/roofline.h"

#include <algorithm>

#include "vitsim/timing/array.h"
#include "vitsim/timing/dram_bandwidth.h"

namespace vitsim::timing {

double Roofline::roof(double operations_per_byte) const {
  // 0 x infinity is no number.
  const double of_dram = operations_per_byte > 0 ? operations_per_byte * peak_bytes_per_cycle : 0.0;
  return std::min(peak_operations_per_cycle, of_dram);
}

Roofline roofline_of(const config::Accelerator& machine) {
  Roofline roofline;
  roofline.peak_operations_per_cycle = 2.0 * static_cast<double>(pe_count(machine.pe_array));
  if (machine.dram.kind != config::DramKind::kIdeal) {
    roofline.peak_bytes_per_cycle = timing::peak_bytes_per_cycle(machine);
  }
  return roofline;
}

RooflinePoint roofline_point(const Roofline& roofline, std::int64_t macs, Bytes dram_bytes,
                             Cycles cycles) {
  const auto operations = 2.0 * static_cast<double>(macs);
  RooflinePoint point;
  point.operations_per_byte = dram_bytes > 0 ? operations / static_cast<double>(dram_bytes)
                                             : std::numeric_limits<double>::infinity();
  point.operations_per_cycle = cycles > 0 ? operations / static_cast<double>(cycles) : 0.0;
  point.roof = roofline.roof(point.operations_per_byte);
  return point;
}

}  // namespace vitsim::timing
