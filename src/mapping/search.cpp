// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/search.h"

#include <cstdio>
#include <cstdlib>

#include "vitsim/mapping/layout.h"

#include "planner.h"

namespace vitsim::mapping {
std::vector<Mapping> candidates(const model::Graph& graph, const config::Accelerator& machine) {
  std::vector<Mapping> found;
  const Sequence sequence(graph, depth_first_order(graph));
  Planner planner(sequence, machine);
  const Bytes capacity = machine.scratchpad.size_kib * Bytes{1024};
  for (Bytes room = capacity * 5 / 8; room <= capacity; room += capacity / 16) {
    for (const Aim aim : {Aim::kCycles, Aim::kTraffic, Aim::kWork}) {
      auto mapping = planner.plan(room, aim);
      if (!mapping) continue;
      mapping->order = depth_first_order(graph);
      const Bytes height = place(sequence, machine, *mapping, capacity);
      std::fprintf(stderr, "%zu: room %ld aim %d: stays %zu groups %zu height %ld%s\n", found.size(), long(room), int(aim),
                   mapping->stays.size(), mapping->groups.size(), long(height), height > capacity ? " too high" : "");
      if (height <= capacity) found.push_back(*mapping);
    }
  }
  return found;
}
}  // namespace vitsim::mapping
