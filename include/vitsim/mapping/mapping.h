// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <variant>
#include <vector>

#include "vitsim/core/units.h"
#include "vitsim/mapping/partitions.h"
#include "vitsim/mapping/sequence.h"
#include "vitsim/mapping/tiling.h"
#include "vitsim/model/graph.h"

/// What a mapper decides. Lowering follows it to the letter and decides nothing.
namespace vitsim::mapping {

/// Columns of a tensor, all its rows, that lie in the scratchpad while operators [first, last] run.
/// Where `first` is the operator that begins to write the tensor, it is written there, and to DRAM
/// besides if anybody reads it elsewhere. Else it is loaded when `first` begins.
struct Stay {
  model::TensorId tensor = -1;
  std::int64_t col = 0;
  std::int64_t cols = 0;
  int first = 0;
  int last = 0;
  Bytes address = -1;
  friend bool operator==(const Stay&, const Stay&) = default;
};

/// What passes from one stage of a group to later ones: row tiles in as many slots, in turn.
struct Ring {
  int stage = 0;  ///< that writes it
  int slots = 1;
  Bytes address = -1;
  friend bool operator==(const Ring&, const Ring&) = default;
};

/// Operators [first, last] whose row tiles are interleaved: a tile goes through all stages of a
/// chain while the next ones follow it. The group is one chain or several alike, one behind the
/// other (the heads of a layer).
struct Group {
  int first = 0;
  int last = 0;
  int stages = 0;         ///< operators of a chain
  std::int64_t rows = 0;  ///< of a row tile
  /// Stage s works on tile t while stage s + 1 works on tile t - 1; else a tile passes all stages
  /// before the next begins.
  bool skewed = false;
  std::vector<Ring> rings;
  [[nodiscard]] int chains() const { return (last - first + 1) / stages; }
  friend bool operator==(const Group&, const Group&) = default;
};

using Tiling = std::variant<MatmulTiling, RowsTiling>;

/// Addresses by partition of the scratchpad.
using Addresses = std::array<Bytes, config::kTensorKinds>;

/// How an operator is cut, and where the slots of its tiles begin.
struct OpPlan {
  Tiling tiling;
  Addresses addresses{};
  /// What its slots take.
  [[nodiscard]] const Room& room() const {
    return std::visit([](const auto& one) -> const Room& { return one.room; }, tiling);
  }
  friend bool operator==(const OpPlan&, const OpPlan&) = default;
};

/// Operators are counted in the order in which they are emitted.
struct Mapping {
  std::vector<int> order;  ///< a Sequence's
  std::vector<Stay> stays;
  std::vector<OpPlan> ops;    ///< of each operator, in this order
  std::vector<Group> groups;  ///< in order; operators of none run one after the other
  bool all_on_chip = false;   ///< the host writes the input into its stay and reads no logits
  friend bool operator==(const Mapping&, const Mapping&) = default;
};

/// The group that an operator belongs to; null where there is none.
const Group* group_of(const Mapping& mapping, int op);

/// The first operator that writes a tensor, by TensorId; -1 where none does.
std::vector<int> first_writers(const Sequence& sequence);

/// Whether a tensor has a place in DRAM: constants, the input, the logits, and what somebody reads
/// while it is not in the scratchpad. By TensorId.
std::vector<bool> tensors_in_dram(const Sequence& sequence, const Mapping& mapping);

}  // namespace vitsim::mapping
