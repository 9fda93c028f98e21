// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/mapping.h"
#include "vitsim/model/graph.h"

#include "catalogue.h"
#include "stretches.h"

namespace vitsim::mapping {

/// A mapping that has no addresses yet, and the DRAM bytes that it moves.
struct Plan {
  Mapping mapping;
  Bytes traffic = 0;
};

/// Finds the cheapest plan for a number of bytes: which tensors stay when (and are spilled,
/// retrieved or both), which operators go tile by tile, and every tiling. Exact for the sum of what
/// its steps cost, by dynamic programming over the operators and over what is in the scratchpad
/// between them, but for a bound on the states that are kept at each operator.
class Planner {
 public:
  /// Prices are those of `pace` and of a DRAM that moves so many bytes a cycle. References must
  /// outlive the planner.
  Planner(const Sequence& sequence, const config::Accelerator& machine, Pace pace,
          double bytes_per_cycle);

  [[nodiscard]] double bytes_per_cycle() const { return catalogue_.pricing().bytes_per_cycle(); }

  /// None where some operator does not fit. Addresses are not given yet.
  std::optional<Plan> plan(const Room& room, Aim aim);

 private:
  /// Where items are, by their position in a list.
  using State = std::uint64_t;
  /// The cheapest way to a state, by the stretch that ends there.
  struct Node {
    double cost = 0;
    Bytes traffic = 0;
    State state = 0;                   ///< of the items that are alive there
    const Stretch* stretch = nullptr;  ///< the last one
    State during = 0;                  ///< of the stretch's items
    const Step* step = nullptr;
    std::size_t before = 0;  ///< node where the stretch began
  };
  /// A stretch that is being decided on, item by item.
  struct Draft {
    const Stretch* stretch;
    std::size_t before;
    State during = 0;
    Price paid;  ///< for what is loaded or written through
    Room used;   ///< by items on chip
  };

  void begin(std::size_t before, const Stretch& stretch);
  void decide(const Draft& draft, std::size_t position);
  void finish(const Draft& draft);
  void arrive(const Node& node, std::size_t position);
  void keep_the_cheapest(int boundary);
  [[nodiscard]] Mapping trace(std::size_t node) const;

  const Sequence& sequence_;
  Catalogue catalogue_;
  Stretches stretches_;
  Room room_;
  Aim aim_ = Aim::kCycles;
  std::vector<std::vector<Node>> nodes_;  ///< before each operator, and behind the last
  std::vector<std::unordered_map<State, std::size_t>> index_;
};

}  // namespace vitsim::mapping
