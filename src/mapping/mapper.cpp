// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/mapper.h"

#include <algorithm>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/mapping/needs.h"
#include "vitsim/mapping/residency.h"

#include "lowering.h"

namespace vitsim::mapping {
namespace {

struct UnitOf {
  Unit operator()(const model::Matmul&) const { return Unit::kPeArray; }
  Unit operator()(const model::Softmax&) const { return Unit::kSoftmaxUnit; }
  Unit operator()(const model::Gelu&) const { return Unit::kGeluUnit; }
  Unit operator()(const model::LayerNorm&) const { return Unit::kLayerNormUnit; }
  Unit operator()(const model::CorrectedMatmul&) const { return Unit::kPeArray; }
  Unit operator()(const model::TaylorContext&) const { return Unit::kPeArray; }
  Unit operator()(const model::Add&) const { return Unit::kVectorUnit; }
  Unit operator()(const model::TokenSum&) const { return Unit::kAccumulatorArray; }
  Unit operator()(const model::TokenMean&) const { return Unit::kDividerArray; }
  Unit operator()(const model::Center&) const { return Unit::kAdderArray; }
  Unit operator()(const model::CenterFeatures&) const { return Unit::kAdderArray; }
  Unit operator()(const model::CenterResidue&) const { return Unit::kAdderArray; }
  Unit operator()(const model::Requantize&) const { return Unit::kAdderArray; }
};

void name_layers(const model::Graph& graph, Program& program) {
  for (const model::Op& op : graph.ops) {
    auto layer = std::find_if(program.layers.begin(), program.layers.end(),
                              [&](const Layer& known) { return known.name == op.layer; });
    if (layer == program.layers.end()) {
      layer = program.layers.insert(layer, {op.layer, std::visit(UnitOf{}, op.work), 0, {}});
    }
    layer->operations += operations_of(op);
    program.layer_of_op.push_back(static_cast<int>(layer - program.layers.begin()));
  }
  // What the array multiplies: divisors, too, where it computes them.
  for (const Command& command : program.commands) {
    if (const auto* tile = std::get_if<MatmulTile>(&command.work)) {
      const int layer = program.layer_of_op[static_cast<std::size_t>(command.op)];
      program.layers[static_cast<std::size_t>(layer)].macs += tile->shape.macs();
    }
  }
}

void check_capacity(const model::Graph& graph, const config::Accelerator& machine) {
  Bytes needed = 0;
  const model::Op* neediest = nullptr;
  const std::vector<Bytes> on_chip = bytes_on_chip(graph, machine.scratchpad);
  const auto pinned = [&](model::TensorId id) {
    return graph.tensors[static_cast<std::size_t>(id)].on_chip;
  };
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

}  // namespace

Program map_on_chip(const model::Graph& graph, const config::Accelerator& machine) {
  std::vector<bool> resident;
  for (const model::Tensor& tensor : graph.tensors) {
    resident.push_back(tensor.role != model::Role::kConstant);
  }
  try {
    Program program = lower(graph, machine, resident, false);
    name_layers(graph, program);
    return program;
  } catch (const NoRoom&) {
    throw ConfigError(fmt::format(
        "accelerator.scratchpad.size_kib: got '{}', expected room for all tensors at once",
        machine.scratchpad.size_kib));
  }
}

Program map_program(const model::Graph& graph, const config::Accelerator& machine) {
  check_capacity(graph, machine);
  const Bytes capacity = machine.scratchpad.size_kib * Bytes{1024};
  // Residents may leave free bytes in pieces too short for a tile; then fewer of them stay. With
  // none, the operator has the whole scratchpad in one piece.
  for (const int quarters : {4, 3, 2, 1, 0}) {
    try {
      Program program =
          lower(graph, machine, plan_residency(graph, machine, capacity * quarters / 4));
      name_layers(graph, program);
      return program;
    } catch (const NoRoom&) {
      continue;
    }
  }
  throw ConfigError(fmt::format(
      "accelerator.scratchpad.size_kib: got '{}', which leaves no room in one piece for "
      "the tiles of some operator beside the vectors of the Taylor pipeline; expected more",
      machine.scratchpad.size_kib));
}

}  // namespace vitsim::mapping
