// SPDX-License-Identifier: Apache-2.0
#include "rows_lowering.h"

#include <algorithm>
#include <utility>

namespace vitsim::mapping {

using Lie = RowsOperand::Lie;

RowsLowering::RowsLowering(Emitter& emitter, int op, Unit unit, RowsNeeds needs, RowsInputs inputs)
    : emitter_(emitter),
      op_(emitter.op(op)),
      unit_(unit),
      needs_(std::move(needs)),
      inputs_(std::move(inputs)),
      tiling_(std::get<RowsTiling>(emitter.plan(op).tiling)),
      next_(emitter.plan(op).addresses) {
  for (const RowsOperand& operand : needs_.operands) {
    add_slots(operand);
  }
}

void RowsLowering::add_slots(const RowsOperand& operand) {
  const bool columns = operand.lie == Lie::kColumns;
  const int count = operand.lie == Lie::kTable ? 1 : tiling_.slots;
  slots_.emplace_back(emitter_, operand.need.resident ? 0 : count,
                      operand.lie == Lie::kTable ? 1 : (columns ? operand.cols : tiling_.rows),
                      (columns ? tiling_.rows : operand.cols) * operand.need.element_bytes,
                      next_[operand.need.partition]);
}

void RowsLowering::run(std::int64_t begin, std::int64_t end) {
  for (std::int64_t row = begin; row < end; row += tiling_.rows) {
    tile(row, std::min(tiling_.rows, end - row));
  }
}

/// The part of operand `index` that belongs to `rows` rows from `row` on.
model::View RowsLowering::part(std::size_t index, const model::View& view, std::int64_t row,
                               std::int64_t rows) const {
  switch (needs_.operands[index].lie) {
    case Lie::kColumns:
      return window(view, 0, row, view.rows, rows);
    case Lie::kTable:
      return view;
    case Lie::kRows:
      break;
  }
  return window(view, row, 0, rows, view.cols);
}

Located RowsLowering::fetch(std::size_t index, const model::View& view, std::int64_t row,
                            std::int64_t rows) {
  Located located = slots_[index].fetch(part(index, view, row, rows));
  located.operand.by_column = needs_.operands[index].lie == Lie::kColumns;
  return located;
}

void RowsLowering::tile(std::int64_t row, std::int64_t rows) {
  RowsTile tile;
  tile.rows = rows;
  tile.cols = (inputs_.sums_rows ? needs_.operands.front() : needs_.operands.back()).cols;
  tile.first = row == 0;
  tile.sums_rows = inputs_.sums_rows;
  std::vector<Located> sources;
  for (const model::View& view : inputs_.rows) {
    sources.push_back(fetch(sources.size(), view, row, rows));
  }
  tile.in = sources.front().operand;
  if (sources.size() > 1) {
    tile.second = sources.back().operand;
  }
  if (inputs_.table) {
    sources.push_back(fetch(sources.size(), *inputs_.table, row, rows));
    tile.tables.push_back(sources.back().operand);
  }
  Command command = emitter_.command(unit_);
  for (const Located& source : sources) {
    emitter_.reads(command, source, command.done);
  }
  if (inputs_.sums_rows && row + rows < needs_.rows) {
    command.work = tile;
    emitter_.emit(std::move(command));
    return;
  }
  const std::size_t last = needs_.operands.size() - 1;
  Located out = slots_[last].place(part(last, op_.out, row, rows));
  out.operand.by_column = needs_.operands[last].lie == Lie::kColumns;
  tile.out = out.operand;
  emitter_.writes(command, out, command.done);
  command.work = tile;
  emitter_.emit(std::move(command));
  slots_[last].flush(out);
}

}  // namespace vitsim::mapping
