// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "vitsim/config/field.h"

namespace vitsim::config {

enum class DramKind { kIdeal, kSimple };
inline constexpr std::array kDramKindNames{EnumName{"ideal", DramKind::kIdeal},
                                           EnumName{"simple", DramKind::kSimple}};

/// The memory outside the chip.
struct Dram {
  DramKind kind = DramKind::kSimple;
  double bytes_per_cycle = 25.6;
  int latency_cycles = 60;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("kind", kind, kDramKindNames,
          "ideal: answers at once; simple: fixed latency and bandwidth");
    visit("bytes_per_cycle", bytes_per_cycle, Range{0.001, 65536},
          "bandwidth of kind simple, in steps of 0.001", OnlyIf{kind == DramKind::kSimple});
    visit("latency_cycles", latency_cycles, Range{0, 100000}, "latency of kind simple",
          OnlyIf{kind == DramKind::kSimple});
  }
};

}  // namespace vitsim::config
