// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "vitsim/mapping/needs.h"
#include "vitsim/mapping/tiling.h"
#include "vitsim/timing/array.h"

#include "mapping_draft.h"
#include "on_chip.h"

namespace vitsim::mapping {
namespace {

/// The most that a side of a tile may be, and what says so.
struct Limit {
  std::int64_t most = 0;
  std::string_view what;
};

/// Checks the tile of one operator; visits its kind.
class TileCheck {
 public:
  TileCheck(const Draft& draft, int op, std::int64_t row_tile)
      : draft_(draft), op_(op), row_tile_(row_tile) {}

  void check(const MatmulNeeds& needs, MatmulTiling& tiling) const {
    check_sides(needs, tiling);
    const auto [lhs, rhs, params, residual] = names();
    check_slots("lhs", &needs.lhs, tiling.lhs_slots, lhs);
    check_slots("rhs", &needs.rhs, tiling.rhs_slots, rhs);
    check_slots("params", needs.params ? &*needs.params : nullptr, tiling.params_slots, params);
    check_slots("residual", needs.residual ? &*needs.residual : nullptr, tiling.residual_slots,
                residual);
    check_slots("out", &needs.out, tiling.out_slots, draft_.sequence.op(op_).out.tensor);
    tiling.room = slot_room(needs, tiling, draft_.machine.scratchpad);
  }

  void check(const RowsNeeds& needs, RowsTiling& tiling) const {
    check_side("rows", tiling.rows,
               {{needs.rows, "rows of the operator"}, {row_tile_, "rows of the group's tiles"}});
    tiling.room = slot_room(needs, tiling, draft_.machine.scratchpad);
    const bool wanted = std::ranges::any_of(
        needs.operands, [](const RowsOperand& operand) { return !operand.need.resident; });
    if (wanted && tiling.slots == 0) {
      fail("slots", "got '0', expected at least 1: some operand is not in the scratchpad then");
    }
    if (!wanted && tiling.slots != 0) {
      fail("slots", fmt::format("got '{}', expected 0: all operands are in the scratchpad then",
                                tiling.slots));
    }
  }

 private:
  struct Tensors {
    model::TensorId lhs = -1;
    model::TensorId rhs = -1;
    model::TensorId params = -1;
    model::TensorId residual = -1;
  };

  [[noreturn]] void fail(std::string_view key, const std::string& message) const {
    draft_.document.operators[static_cast<std::size_t>(op_)].origin.fail(
        fmt::format("operators[{}].tile.{}: {} ('{}')", op_, key, message, draft_.name_of(op_)));
  }

  [[nodiscard]] Tensors names() const {
    const model::Matmul& product = *product_of(draft_.sequence.op(op_));
    return {product.lhs.tensor, product.rhs.tensor, product.params ? product.params->tensor : -1,
            product.residual ? product.residual->tensor : -1};
  }

  void check_side(std::string_view key, std::int64_t side,
                  std::initializer_list<Limit> limits) const {
    for (const Limit& limit : limits) {
      if (side > limit.most) {
        fail(key, fmt::format("got '{}', expected at most {}: {}", side, limit.most, limit.what));
      }
    }
  }

  void check_sides(const MatmulNeeds& needs, const MatmulTiling& tiling) const {
    const config::PeArray& array = draft_.machine.pe_array;
    const Limit width{timing::sums_width(array), "sums that leave the array side by side"};
    const Limit kept{draft_.machine.accumulator_buffer.rows, "rows of the accumulator buffer"};
    const bool columns = timing::sums_are_columns(array);
    check_side("m", tiling.m,
               {{needs.shape.m, "rows of the product"},
                {row_tile_, "rows of the group's tiles"},
                columns ? width : kept});
    check_side("n", tiling.n, {{needs.shape.n, "columns of the product"}, columns ? kept : width});
    check_side("k", tiling.k, {{needs.shape.k, "the length of the product's sums"}});
    check_depth(needs, tiling.k);
    if (timing::type_of(array) == timing::ArrayType::kOutputStationary) {
      check_folds_of_sums(needs, tiling.m);
    }
  }

  void check_depth(const MatmulNeeds& needs, std::int64_t k) const {
    const config::PeArray& array = draft_.machine.pe_array;
    const std::int64_t fold = timing::contraction_width(array);
    const std::int64_t one_fold = std::min(fold, needs.shape.k);
    if (needs.fold_by_fold && k != one_fold) {
      fail("k", fmt::format("got '{}', expected {}: one fold, as its tokens are on their way", k,
                            one_fold));
    }
    if (k % fold != 0 && k != needs.shape.k) {
      fail("k", fmt::format("got '{}', expected a multiple of {}, the fold, or {}, all of it", k,
                            fold, needs.shape.k));
    }
    if (timing::type_of(array) == timing::ArrayType::kRowWise) {
      check_side("k", k,
                 {{std::max<std::int64_t>(array.row_buffer_elements, fold),
                   "accelerator.pe_array.row_buffer_elements"}});
    }
  }

  /// A fold of sums that stay in the array is cut only where the product or a row tile ends.
  void check_folds_of_sums(const MatmulNeeds& needs, std::int64_t m) const {
    const std::int64_t fold = draft_.machine.pe_array.rows;
    const std::int64_t rows = std::min(row_tile_, needs.shape.m);
    if (m > fold && m % fold != 0 && m != rows) {
      fail("m", fmt::format("got '{}', expected at most {}, the rows of a fold, a multiple of it, "
                            "or {}, all of them",
                            m, fold, rows));
    }
  }

  void check_slots(std::string_view operand, const Need* need, int slots,
                   model::TensorId tensor) const {
    const std::string key = fmt::format("slots.{}", operand);
    if (need == nullptr) {
      if (slots != 0) {
        fail(key, fmt::format("got '{}', expected none: the operator has no such operand", slots));
      }
      return;
    }
    if (need->resident && slots != 0) {
      fail(key, fmt::format("got '{}', expected none: '{}' is in the scratchpad then", slots,
                            draft_.tensor(tensor).name));
    }
    if (!need->resident && slots == 0) {
      fail(key, fmt::format("got none, expected at least 1: '{}' is not in the scratchpad then",
                            draft_.tensor(tensor).name));
    }
  }

  const Draft& draft_;
  int op_;
  std::int64_t row_tile_;  ///< rows that it works on at a time
};

}  // namespace

void check_tiles(Draft& draft) {
  const OnChip on_chip(draft.sequence, draft.mapping);
  for (int op = 0; op < draft.sequence.size(); ++op) {
    const Needs needs = needs_of(draft.sequence.op(op), draft.sequence.graph(), draft.machine,
                                 [&](const model::View& view) { return on_chip.holds(view, op); });
    const Group* const group = draft.group_of(op);
    const TileCheck check(draft, op, group == nullptr ? document::kMostRows : group->rows);
    Tiling& tiling = draft.mapping.ops[static_cast<std::size_t>(op)].tiling;
    if (const auto* matmul = std::get_if<MatmulNeeds>(&needs)) {
      check.check(*matmul, std::get<MatmulTiling>(tiling));
    } else {
      check.check(std::get<RowsNeeds>(needs), std::get<RowsTiling>(tiling));
    }
  }
}

}  // namespace vitsim::mapping
