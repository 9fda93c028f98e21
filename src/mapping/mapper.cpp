// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/mapper.h"

#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/mapping/greedy.h"
#include "vitsim/mapping/lowering.h"
#include "vitsim/mapping/needs.h"
#include "vitsim/mapping/residency.h"

namespace vitsim::mapping {
namespace {

/// The key of the scratchpad that says how large a partition is.
std::string size_key(const config::Scratchpad& scratchpad, std::size_t part) {
  return scratchpad.partitions ? fmt::format("partitions.{}_kib", config::kTensorKindNames[part])
                               : "size_kib";
}

}  // namespace

void check_capacity(const model::Graph& graph, const config::Accelerator& machine) {
  const config::Scratchpad& pad = machine.scratchpad;
  Room needed;
  std::array<const model::Op*, config::kTensorKinds> neediest{};
  const std::vector<Room> on_chip = room_on_chip(Sequence(graph), pad);
  const auto pinned = [&](const model::View& view) { return graph.tensor(view).on_chip; };
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const model::Op& op = graph.ops[i];
    const Room room = least_room(needs_of(op, graph, machine, pinned), machine) + on_chip[i];
    for (std::size_t part = 0; part < neediest.size(); ++part) {
      if (room.bytes[part] > needed.bytes[part]) {
        needed.bytes[part] = room.bytes[part];
        neediest[part] = &op;
      }
    }
  }
  const Room capacity = capacity_of(pad);
  for (std::size_t part = 0; part < partition_count(pad); ++part) {
    if (needed.bytes[part] > capacity.bytes[part] / pad.bank_width_bytes * pad.bank_width_bytes) {
      throw ConfigError(fmt::format(
          "accelerator.scratchpad.{}: got '{}', expected at least {}: one tile of each operand of "
          "'{}' takes {} bytes",
          size_key(pad, part), capacity.bytes[part] / 1024,
          ceil_div<Bytes>(needed.bytes[part], 1024), neediest[part]->name, needed.bytes[part]));
    }
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
