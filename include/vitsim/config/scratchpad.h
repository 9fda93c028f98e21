// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "vitsim/config/field.h"

namespace vitsim::config {

enum class PortKind { kShared, kSeparate };
inline constexpr std::array kPortKindNames{EnumName{"shared", PortKind::kShared},
                                           EnumName{"separate", PortKind::kSeparate}};

enum class Interleaving { kLowOrder, kXor, kByTensor };
inline constexpr std::array kInterleavingNames{EnumName{"low_order", Interleaving::kLowOrder},
                                               EnumName{"xor", Interleaving::kXor},
                                               EnumName{"by_tensor", Interleaving::kByTensor}};

enum class Arbitration { kRoundRobin, kFixedPriority };
inline constexpr std::array kArbitrationNames{
    EnumName{"round_robin", Arbitration::kRoundRobin},
    EnumName{"fixed_priority", Arbitration::kFixedPriority}};

/// Addresses and banks of its own for each kind of tensor (partition_layout.h).
struct Partitions {
  int weights_kib = 100;
  int activations_kib = 60;
  int scores_kib = 40;
  int weights_banks = 0;
  int activations_banks = 0;
  int scores_banks = 0;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("weights_kib", weights_kib, Range{1, 1048576}, "for weights and parameters");
    visit("activations_kib", activations_kib, Range{1, 1048576}, "for activations");
    visit("scores_kib", scores_kib, Range{1, 1048576},
          "for tensors of a head: scores, attention weights, those of the Taylor pipeline");
    visit("weights_banks", weights_banks, Range{0, 64}, "its banks; 0: in proportion to its size");
    visit("activations_banks", activations_banks, Range{0, 64}, "the same");
    visit("scores_banks", scores_banks, Range{0, 64}, "the same");
  }
};

/// The on-chip memory that all units share.
struct Scratchpad {
  int size_kib = 200;
  int banks = 16;
  int bank_width_bytes = 16;
  int ports = 1;
  int read_latency_cycles = 1;
  Arbitration arbitration = Arbitration::kRoundRobin;
  PortKind port_kind = PortKind::kShared;
  Interleaving interleaving = Interleaving::kLowOrder;
  int bank_groups = 4;
  std::optional<Partitions> partitions{};

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("size_kib", size_kib, Range{1, 1048576}, "capacity");
    visit("banks", banks, Range{1, 64}, "banks, interleaved by bank_width_bytes");
    visit("bank_width_bytes", bank_width_bytes, Range{1, 64}, "bytes that a bank gives in a cycle");
    visit("ports", ports, Range{1, 16}, "accesses to one bank in a cycle");
    visit("port_kind", port_kind, kPortKindNames,
          "shared: each port reads or writes (1RW); separate: as many read ports as write ports "
          "(1R1W)");
    visit("read_latency_cycles", read_latency_cycles, Range{1, 64}, "from grant to data");
    visit("arbitration", arbitration, kArbitrationNames, "who goes first when banks conflict");
    visit("interleaving", interleaving, kInterleavingNames,
          "the bank of a word; low_order: its number mod banks; xor: its digits to the base banks, "
          "xor'ed; by_tensor: mod the banks of its group");
    visit("bank_groups", bank_groups, Range{1, 64},
          "by_tensor: groups of banks, each with addresses in a row",
          OnlyIf{interleaving == Interleaving::kByTensor});
    visit("partitions", partitions, "sizes and banks by kind of tensor; absent: shared by all");
  }
};

}  // namespace vitsim::config
