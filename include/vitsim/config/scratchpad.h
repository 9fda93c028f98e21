// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "vitsim/config/field.h"

namespace vitsim::config {

enum class Arbitration { kRoundRobin, kFixedPriority };
inline constexpr std::array kArbitrationNames{
    EnumName{"round_robin", Arbitration::kRoundRobin},
    EnumName{"fixed_priority", Arbitration::kFixedPriority}};

/// The on-chip memory that all units share.
struct Scratchpad {
  int size_kib = 200;
  int banks = 16;
  int bank_width_bytes = 16;
  int ports = 1;
  int read_latency_cycles = 1;
  Arbitration arbitration = Arbitration::kRoundRobin;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("size_kib", size_kib, Range{1, 1048576}, "capacity");
    visit("banks", banks, Range{1, 64}, "banks, interleaved by bank_width_bytes");
    visit("bank_width_bytes", bank_width_bytes, Range{1, 64}, "bytes that a bank gives in a cycle");
    visit("ports", ports, Range{1, 16}, "accesses to one bank in a cycle");
    visit("read_latency_cycles", read_latency_cycles, Range{1, 64}, "from grant to data");
    visit("arbitration", arbitration, kArbitrationNames, "who goes first when banks conflict");
  }
};

}  // namespace vitsim::config
