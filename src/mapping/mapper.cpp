// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/mapper.h"

#include <utility>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/mapping/greedy.h"
#include "vitsim/mapping/lowering.h"
#include "vitsim/mapping/needs.h"
#include "vitsim/mapping/residency.h"

namespace vitsim::mapping {

void check_capacity(const model::Graph& graph, const config::Accelerator& machine) {
  Bytes needed = 0;
  const model::Op* neediest = nullptr;
  const std::vector<Bytes> on_chip = bytes_on_chip(Sequence(graph), machine.scratchpad);
  const auto pinned = [&](const model::View& view) { return graph.tensor(view).on_chip; };
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const model::Op& op = graph.ops[i];
    const Bytes bytes = least_bytes(needs_of(op, graph, machine, pinned), machine) + on_chip[i];
    if (bytes > needed) {
      needed = bytes;
      neediest = &op;
    }
  }
  const Bytes capacity = machine.scratchpad.size_kib * Bytes{1024};
  if (needed >
      capacity / machine.scratchpad.bank_width_bytes * machine.scratchpad.bank_width_bytes) {
    throw ConfigError(fmt::format(
        "accelerator.scratchpad.size_kib: got '{}', expected at least {}: one tile of "
        "each operand of '{}' takes {} bytes",
        machine.scratchpad.size_kib, ceil_div<Bytes>(needed, 1024), neediest->name, needed));
  }
}

Program map_on_chip(const model::Graph& graph, const config::Accelerator& machine) {
  const auto mapping = mapping_on_chip(graph, machine);
  if (!mapping) {
    throw ConfigError(fmt::format(
        "accelerator.scratchpad.size_kib: got '{}', expected room for all tensors at once",
        machine.scratchpad.size_kib));
  }
  return lower(graph, machine, *mapping);
}

Mapping map_greedily(const model::Graph& graph, const config::Accelerator& machine) {
  check_capacity(graph, machine);
  auto mapping = greedy_mapping(graph, machine);
  if (!mapping) {
    throw ConfigError(fmt::format(
        "accelerator.scratchpad.size_kib: got '{}', which leaves no room in one piece for "
        "the tiles of some operator beside the vectors of the Taylor pipeline; expected more",
        machine.scratchpad.size_kib));
  }
  return std::move(*mapping);
}

Program map_program(const model::Graph& graph, const config::Accelerator& machine) {
  return lower(graph, machine, map_greedily(graph, machine));
}

}  // namespace vitsim::mapping
