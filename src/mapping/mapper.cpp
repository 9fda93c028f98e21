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
  Unit operator()(const model::Add&) const { return Unit::kVectorUnit; }
};

void name_layers(const model::Graph& graph, Program& program) {
  for (const model::Op& op : graph.ops) {
    auto layer = std::find_if(program.layers.begin(), program.layers.end(),
                              [&](const Layer& known) { return known.name == op.layer; });
    if (layer == program.layers.end()) {
      layer = program.layers.insert(layer, {op.layer, std::visit(UnitOf{}, op.work), 0});
    }
    if (const auto* matmul = std::get_if<model::Matmul>(&op.work)) {
      layer->macs += shape_of(*matmul).macs();
    }
    program.layer_of_op.push_back(static_cast<int>(layer - program.layers.begin()));
  }
}

void check_capacity(const model::Graph& graph, const config::Accelerator& machine) {
  Bytes needed = 0;
  const model::Op* neediest = nullptr;
  for (const model::Op& op : graph.ops) {
    const Bytes bytes =
        least_bytes(needs_of(op, graph, [](model::TensorId) { return false; }), machine);
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
  throw ConfigError("accelerator.scratchpad: no mapping fits");
}

}  // namespace vitsim::mapping
