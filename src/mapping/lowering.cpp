// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/lowering.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "emitter.h"
#include "op_lowering.h"

namespace vitsim::mapping {
namespace {

/// Emits the operators of a group, tile by tile.
class GroupLowering {
 public:
  GroupLowering(Emitter& emitter, const Group& group)
      : emitter_(emitter),
        group_(group),
        rows_(emitter.op(group.first).out.rows),
        tiles_(ceil_div(rows_, group.rows)),
        open_(static_cast<std::size_t>(group.stages)) {}

  void run() {
    emitter_.begin(group_.first, group_.last);
    emitter_.begin_rings(group_);
    const std::int64_t all = tiles_ * group_.chains();
    const std::int64_t lag = group_.skewed ? 1 : 0;
    for (std::int64_t step = 0; step < all + lag * (group_.stages - 1); ++step) {
      for (int stage = 0; stage < group_.stages; ++stage) {
        const std::int64_t tile = step - lag * stage;
        if (tile >= 0 && tile < all) {
          emit(stage, tile);
        }
      }
    }
    open_.clear();
    emitter_.end(group_.first, group_.last);
  }

 private:
  /// Tiles are numbered through all chains.
  void emit(int stage, std::int64_t tile) {
    const auto chain = static_cast<int>(tile / tiles_);
    const int op = group_.first + chain * group_.stages + stage;
    auto& lowering = open_[static_cast<std::size_t>(stage)];
    emitter_.set_op(op);
    if (tile % tiles_ == 0) {
      lowering.reset();  // gives its slots back to the same stage of the next chain
      lowering = make_lowering(emitter_, op);
    }
    const std::int64_t begin = tile % tiles_ * group_.rows;
    lowering->run(begin, std::min(begin + group_.rows, rows_));
  }

  Emitter& emitter_;
  const Group& group_;
  std::int64_t rows_;
  std::int64_t tiles_;                             ///< of a chain
  std::vector<std::unique_ptr<OpLowering>> open_;  ///< by stage
};

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

void emit_operators(Emitter& emitter, const std::vector<Group>& groups, int first, int last) {
  auto group = std::ranges::find_if(groups, [&](const Group& one) { return one.first >= first; });
  for (int op = first; op <= last; ++op) {
    if (group != groups.end() && group->first == op) {
      GroupLowering(emitter, *group).run();
      op = group->last;
      ++group;
      continue;
    }
    emitter.begin(op, op);
    make_lowering(emitter, op)->run();
    emitter.end(op, op);
  }
}

}  // namespace

Program lower(const model::Graph& graph, const config::Accelerator& machine,
              const Mapping& mapping) {
  std::vector<Command> commands;
  Emitter emitter(graph, machine, mapping,
                  [&](Command&& command) { commands.push_back(std::move(command)); });
  emit_operators(emitter, mapping.groups, 0, static_cast<int>(graph.ops.size()) - 1);
  Program program = std::move(emitter).finish();
  program.commands = std::move(commands);
  name_layers(graph, program);
  return program;
}

Bytes emit_commands(const model::Graph& graph, const config::Accelerator& machine,
                    const Mapping& mapping, int first, int last, const CommandSink& sink) {
  Emitter emitter(graph, machine, mapping, [&](Command&& command) { sink(command); });
  emitter.assume_before(first);
  emit_operators(emitter, mapping.groups, first, last);
  return std::move(emitter).finish().scratchpad_bytes;
}

}  // namespace vitsim::mapping
