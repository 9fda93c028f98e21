// SPDX-License-Identifier: Apache-2.0
#include "lowering.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "vitsim/mapping/needs.h"

#include "matmul_lowering.h"

namespace vitsim::mapping {
namespace {

using Lie = RowsOperand::Lie;

/// What an operator on whole rows reads: a row of each of `rows` for a row of its result, and all
/// of `table` before the first.
struct RowsInputs {
  std::vector<model::View> rows;
  std::optional<model::View> table{};
  bool sums_rows = false;  ///< its result is one row
};

RowsTiling tiling_for(const RowsNeeds& needs, Emitter& emitter) {
  const auto tiling = choose_tiling(needs, emitter.machine(), emitter.allocator().largest_free());
  if (!tiling) {
    throw NoRoom{};
  }
  return *tiling;
}

/// Emits one operator on whole rows.
class RowsLowering {
 public:
  RowsLowering(Emitter& emitter, const model::Op& op, Unit unit, const RowsNeeds& needs)
      : emitter_(emitter),
        op_(op),
        unit_(unit),
        needs_(needs),
        tiling_(tiling_for(needs, emitter)),
        workspace_(emitter, tiling_.bytes) {
    for (const RowsOperand& operand : needs.operands) {
      add_slots(operand);
    }
  }

  void run(const RowsInputs& inputs) {
    for (std::int64_t row = 0; row < needs_.rows; row += tiling_.rows) {
      tile(inputs, row);
    }
  }

 private:
  void add_slots(const RowsOperand& operand) {
    const bool columns = operand.lie == Lie::kColumns;
    const int count = operand.lie == Lie::kTable ? 1 : tiling_.slots;
    slots_.emplace_back(emitter_, operand.need.resident ? 0 : count,
                        operand.lie == Lie::kTable ? 1 : (columns ? operand.cols : tiling_.rows),
                        (columns ? tiling_.rows : operand.cols) * operand.need.element_bytes,
                        workspace_.next());
  }

  /// The part of operand `index` that belongs to the rows from `row` on.
  [[nodiscard]] model::View part(std::size_t index, const model::View& view,
                                 std::int64_t row) const {
    switch (needs_.operands[index].lie) {
      case Lie::kColumns:
        return window(view, 0, row, view.rows, tiling_.rows);
      case Lie::kTable:
        return view;
      case Lie::kRows:
        break;
    }
    return window(view, row, 0, tiling_.rows, view.cols);
  }

  Located fetch(std::size_t index, const model::View& view, std::int64_t row) {
    Located located = slots_[index].fetch(part(index, view, row));
    located.operand.by_column = needs_.operands[index].lie == Lie::kColumns;
    return located;
  }

  void tile(const RowsInputs& inputs, std::int64_t row) {
    RowsTile tile;
    tile.rows = std::min(tiling_.rows, needs_.rows - row);
    tile.cols = (inputs.sums_rows ? needs_.operands.front() : needs_.operands.back()).cols;
    tile.first = row == 0;
    tile.sums_rows = inputs.sums_rows;
    std::vector<Located> sources;
    for (const model::View& view : inputs.rows) {
      sources.push_back(fetch(sources.size(), view, row));
    }
    tile.in = sources.front().operand;
    if (sources.size() > 1) {
      tile.second = sources.back().operand;
    }
    if (inputs.table) {
      sources.push_back(fetch(sources.size(), *inputs.table, row));
      tile.tables.push_back(sources.back().operand);
    }
    Command command = emitter_.command(unit_);
    for (const Located& source : sources) {
      emitter_.reads(command, source, command.done);
    }
    if (inputs.sums_rows && row + tiling_.rows < needs_.rows) {
      command.work = tile;
      emitter_.emit(std::move(command));
      return;
    }
    const std::size_t last = needs_.operands.size() - 1;
    Located out = slots_[last].place(part(last, op_.out, row));
    out.operand.by_column = needs_.operands[last].lie == Lie::kColumns;
    tile.out = out.operand;
    emitter_.writes(command, out, command.done);
    command.work = tile;
    emitter_.emit(std::move(command));
    slots_[last].flush(out);
  }

  Emitter& emitter_;
  const model::Op& op_;
  Unit unit_;
  const RowsNeeds& needs_;
  RowsTiling tiling_;
  Workspace workspace_;
  std::deque<Slots> slots_;  // of each operand
};

/// Chooses how an operator is lowered; visits its kind.
class Lowering {
 public:
  Lowering(Emitter& emitter, const model::Op& op, const Needs& needs)
      : emitter_(emitter), op_(op), needs_(needs) {}

  void operator()(const model::Matmul&) const { matmul(); }
  void operator()(const model::CorrectedMatmul&) const { matmul(); }
  void operator()(const model::TaylorContext&) const { matmul(); }
  void operator()(const model::Softmax& work) const { rows(Unit::kSoftmaxUnit, {{work.in}}); }
  void operator()(const model::Gelu& work) const { rows(Unit::kGeluUnit, {{work.in}}); }
  void operator()(const model::LayerNorm& work) const {
    rows(Unit::kLayerNormUnit, {{work.in}, work.params});
  }
  void operator()(const model::Add& work) const { rows(Unit::kVectorUnit, {{work.a, work.b}}); }
  void operator()(const model::TokenSum& work) const {
    rows(Unit::kAccumulatorArray, {.rows = {work.in}, .sums_rows = true});
  }
  void operator()(const model::TokenMean& work) const { rows(Unit::kDividerArray, {{work.sums}}); }
  void operator()(const model::Center& work) const {
    rows(Unit::kAdderArray, {{work.in}, work.mean});
  }
  void operator()(const model::CenterFeatures& work) const { rows(Unit::kAdderArray, {{work.in}}); }
  void operator()(const model::CenterResidue& work) const {
    rows(Unit::kAdderArray, {{work.sums, work.k_mean}});
  }
  void operator()(const model::Requantize& work) const { rows(Unit::kAdderArray, {{work.in}}); }

 private:
  void matmul() const { MatmulLowering(emitter_, op_, std::get<MatmulNeeds>(needs_)).run(); }
  void rows(Unit unit, const RowsInputs& inputs) const {
    RowsLowering(emitter_, op_, unit, std::get<RowsNeeds>(needs_)).run(inputs);
  }

  Emitter& emitter_;
  const model::Op& op_;
  const Needs& needs_;
};

}  // namespace

Program lower(const model::Graph& graph, const config::Accelerator& machine,
              const std::vector<bool>& resident, bool reuse) {
  Emitter emitter(graph, machine, resident);
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    emitter.begin_op(static_cast<int>(i));
    const Needs needs = needs_of(graph.ops[i], graph, machine,
                                 [&](model::TensorId id) { return emitter.resident(id); });
    std::visit(Lowering(emitter, graph.ops[i], needs), graph.ops[i].work);
    if (reuse) {
      emitter.end_op();
    }
  }
  return std::move(emitter).finish();
}

}  // namespace vitsim::mapping
