// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "vitsim/mapping/needs.h"

#include "emitter.h"
#include "op_lowering.h"
#include "slots.h"

namespace vitsim::mapping {

/// What an operator on whole rows reads: a row of each of `rows` for a row of its result, and all
/// of `table` before the first.
struct RowsInputs {
  std::vector<model::View> rows;
  std::optional<model::View> table{};
  bool sums_rows = false;  ///< its result is one row
};

/// Emits one operator on whole rows.
class RowsLowering : public OpLowering {
 public:
  RowsLowering(Emitter& emitter, int op, Unit unit, RowsNeeds needs, RowsInputs inputs);
  void run(std::int64_t begin, std::int64_t end) override;
  void run() override { run(0, needs_.rows); }

 private:
  void add_slots(const RowsOperand& operand);
  [[nodiscard]] model::View part(std::size_t index, const model::View& view, std::int64_t row,
                                 std::int64_t rows) const;
  Located fetch(std::size_t index, const model::View& view, std::int64_t row, std::int64_t rows);
  void tile(std::int64_t row, std::int64_t rows);

  Emitter& emitter_;
  const model::Op& op_;
  Unit unit_;
  RowsNeeds needs_;
  RowsInputs inputs_;
  RowsTiling tiling_;
  Addresses next_;           ///< where the next slots begin
  std::deque<Slots> slots_;  ///< of each operand
};

}  // namespace vitsim::mapping
