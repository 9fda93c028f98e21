// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"

namespace vitsim::timing {

/// What bounds products (Williams, Waterman and Patterson, CACM 2009): the array, and the bytes
/// that cross to DRAM. An operation is a multiplication or an addition: two a MAC.
struct Roofline {
  double peak_operations_per_cycle = 0;
  /// Infinite where DRAM is ideal.
  double peak_bytes_per_cycle = std::numeric_limits<double>::infinity();

  /// The most operations a cycle where each DRAM byte serves `operations_per_byte`.
  [[nodiscard]] double roof(double operations_per_byte) const;
  /// Operations a byte from which on the array is what bounds.
  [[nodiscard]] double ridge() const { return peak_operations_per_cycle / peak_bytes_per_cycle; }
};

/// That of a machine: as many MACs a cycle as it has PEs, and DRAM at its peak.
Roofline roofline_of(const config::Accelerator& machine);

/// Where some products lie in it.
struct RooflinePoint {
  double operations_per_byte = 0;  ///< infinite where no byte crosses
  double operations_per_cycle = 0;
  double roof = 0;  ///< at most so many a cycle
};
RooflinePoint roofline_point(const Roofline& roofline, std::int64_t macs, Bytes dram_bytes,
                             Cycles cycles);

}  // namespace vitsim::timing
