// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/mapping.h"

#include <algorithm>
#include <iterator>

#include "on_chip.h"

namespace vitsim::mapping {

const Group* group_of(const Mapping& mapping, int op) {
  // Groups come in order and share no operator.
  const auto behind = std::ranges::upper_bound(mapping.groups, op, {}, &Group::first);
  if (behind == mapping.groups.begin()) {
    return nullptr;
  }
  const Group& group = *std::prev(behind);
  return op <= group.last ? &group : nullptr;
}

std::vector<int> first_writers(const Sequence& sequence) {
  std::vector<int> writers(sequence.graph().tensors.size(), -1);
  for (int op = sequence.size() - 1; op >= 0; --op) {
    writers[static_cast<std::size_t>(sequence.op(op).out.tensor)] = op;
  }
  return writers;
}

std::vector<bool> tensors_in_dram(const Sequence& sequence, const Mapping& mapping) {
  const model::Graph& graph = sequence.graph();
  std::vector<bool> in_dram(graph.tensors.size(), false);
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    const model::Role role = graph.tensors[id].role;
    in_dram[id] =
        role == model::Role::kConstant || (role == model::Role::kInput && !mapping.all_on_chip);
  }
  in_dram[static_cast<std::size_t>(graph.logits)] = !mapping.all_on_chip;
  const std::vector<int> writers = first_writers(sequence);
  for (const Stay& stay : mapping.stays) {
    const auto id = static_cast<std::size_t>(stay.tensor);
    const bool loaded = stay.first != writers[id] && graph.tensors[id].role != model::Role::kInput;
    in_dram[id] = in_dram[id] || loaded;
  }
  const OnChip on_chip(sequence, mapping);
  for (int op = 0; op < sequence.size(); ++op) {
    for (const model::View& view : inputs_of(sequence.op(op))) {
      if (!on_chip.holds(view, op)) {
        in_dram[static_cast<std::size_t>(view.tensor)] = true;
      }
    }
  }
  return in_dram;
}

}  // namespace vitsim::mapping
