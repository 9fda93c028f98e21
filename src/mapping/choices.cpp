// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/choices.h"

#include <algorithm>
#include <array>
#include <optional>

#include "vitsim/timing/earliest_transfers.h"
#include "vitsim/timing/units.h"

namespace vitsim::mapping {
namespace {

/// The unit of an operator on rows; visits its kind.
class RowUnitOf {
 public:
  explicit RowUnitOf(const config::Accelerator& machine) : machine_(machine) {}
  timing::RowUnit operator()(const model::Softmax& /*work*/) const {
    return timing::row_unit(machine_.softmax_unit.value_or(config::SoftmaxUnit{}));
  }
  timing::RowUnit operator()(const model::Gelu& /*work*/) const {
    return timing::row_unit(machine_.gelu_unit.value_or(config::GeluUnit{}));
  }
  timing::RowUnit operator()(const model::LayerNorm& /*work*/) const {
    return timing::row_unit(machine_.layer_norm_unit.value_or(config::LayerNormUnit{}));
  }
  timing::RowUnit operator()(const model::Add& /*work*/) const {
    return timing::row_unit(machine_.vector_unit.value_or(config::VectorUnit{}));
  }
  timing::RowUnit operator()(const model::TokenSum& /*work*/) const {
    return timing::accumulator_array(pipeline());
  }
  timing::RowUnit operator()(const model::TokenMean& /*work*/) const {
    return timing::divider_array(pipeline());
  }
  timing::RowUnit operator()(const model::CenterFeatures& /*work*/) const {
    return timing::feature_centering(pipeline());
  }
  template <class OnAdderArray>
  timing::RowUnit operator()(const OnAdderArray& /*work*/) const {
    return timing::adder_array(pipeline());
  }

 private:
  [[nodiscard]] config::TaylorPipeline pipeline() const {
    return machine_.taylor_pipeline.value_or(config::TaylorPipeline{});
  }
  const config::Accelerator& machine_;
};

/// Cycles from a DRAM access to its answer, beside its bytes' own.
Cycles dram_latency(const config::Accelerator& machine) {
  constexpr Cycles kOnTheWay = 8;  // sequencer, DMA and scratchpad
  return kOnTheWay + timing::least_dram_latency(machine.dram);
}

/// Cycles of `tiles` tiles that are loaded, worked on and stored with so many slots each way: the
/// slowest of the three sets the pace, or a slot's whole round divided by the slots. Each tile's
/// operands come in `parts` (along k).
Cycles paced(std::int64_t tiles, std::int64_t parts, Cycles compute, double loads, double stores,
             int slots_in, int slots_out, const config::Accelerator& machine, double rate) {
  const auto count = static_cast<double>(tiles);
  const double work = static_cast<double>(compute) / count;
  const double load = loads / rate / count;
  const double store = stores / rate / count;
  const auto latency = static_cast<double>(dram_latency(machine));
  double pace = std::max(work, load + store);
  if (loads > 0) {
    pace = std::max(pace, (work + load + static_cast<double>(parts) * latency) / slots_in);
  }
  if (stores > 0) {
    pace = std::max(pace, (work + store + latency) / slots_out);
  }
  // The first tile waits for its operands, the last for its store.
  const double ends = (loads > 0 ? load + latency : 0) + (stores > 0 ? store + latency : 0);
  return static_cast<Cycles>(count * pace + ends);
}

/// How many slots the operands have; 0 stands for one each tile.
struct SlotCounts {
  int lhs;
  int rhs;
  int out;
};
constexpr std::array kSlotCounts{SlotCounts{1, 1, 1}, SlotCounts{2, 2, 2}, SlotCounts{2, 2, 4},
                                 SlotCounts{3, 3, 4}, SlotCounts{0, 2, 2}, SlotCounts{0, 2, 4},
                                 SlotCounts{2, 0, 2}, SlotCounts{2, 0, 4}, SlotCounts{0, 0, 4}};

int slots_of(const Need& need, std::int64_t tiles, int wanted) {
  if (need.resident) {
    return 0;
  }
  return static_cast<int>(wanted == 0 ? tiles : std::min<std::int64_t>(tiles, wanted));
}

class MatmulChoices {
 public:
  MatmulChoices(const MatmulNeeds& needs, const config::Accelerator& machine, std::int64_t rows,
                Pricing& pricing)
      : needs_(needs),
        machine_(machine),
        pricing_(pricing),
        capacity_(capacity_of(machine.scratchpad)),
        row_tiles_(ceil_div(needs.shape.m, rows)) {
    tile_needs_ = needs;
    tile_needs_.shape.m = std::min(rows, needs.shape.m);
  }

  std::vector<Choice> list() {
    const TileSides sides = tile_sides(tile_needs_, machine_);
    for (const std::int64_t m : sides.m) {
      for (const std::int64_t n : sides.n) {
        for (const std::int64_t k : sides.k) {
          cut(m, k, n);
        }
      }
    }
    return std::move(choices_);
  }

 private:
  void cut(std::int64_t m, std::int64_t k, std::int64_t n) {
    const bool one_column = n >= needs_.shape.n;
    for (const bool n_outer : {false, true}) {
      const bool order_matters = m < tile_needs_.shape.m && !one_column;
      if (n_outer && !order_matters) {
        continue;
      }
      const MatmulTiling tiling{.m = m, .k = k, .n = n, .n_outer = n_outer};
      give_slots(tiling);
    }
  }

  /// All ways to give tiles of this size slots, of those that fit.
  void give_slots(MatmulTiling tiling) {
    const std::int64_t m_tiles = ceil_div(tile_needs_.shape.m, tiling.m);
    const std::int64_t k_tiles = ceil_div(needs_.shape.k, tiling.k);
    const std::int64_t n_tiles = ceil_div(needs_.shape.n, tiling.n);
    const auto before = std::ssize(choices_);
    std::optional<Cycles> compute;
    for (const SlotCounts& counts : kSlotCounts) {
      tiling.lhs_slots = slots_of(needs_.lhs, m_tiles * k_tiles, counts.lhs);
      tiling.rhs_slots = slots_of(needs_.rhs, n_tiles * k_tiles, counts.rhs);
      tiling.out_slots = slots_of(needs_.out, m_tiles * n_tiles, counts.out);
      const int beside = counts.out == 1 ? 1 : 2;
      tiling.params_slots = needs_.params ? slots_of(*needs_.params, n_tiles, beside) : 0;
      tiling.residual_slots =
          needs_.residual ? slots_of(*needs_.residual, m_tiles * n_tiles, beside) : 0;
      tiling.room = slot_room(needs_, tiling, machine_.scratchpad);
      if (!tiling.room.fits(capacity_)) {
        if (&counts == &kSlotCounts.front()) {
          return;  // none of the others needs less
        }
        continue;
      }
      const auto same = [&](const Choice& choice) {
        return std::get<MatmulTiling>(choice.tiling) == tiling;
      };
      if (std::any_of(choices_.begin() + before, choices_.end(), same)) {
        continue;
      }
      if (!compute) {
        compute = row_tiles_ * pricing_.all_tiles(needs_, tile_needs_.shape, tiling);
      }
      add(tiling, *compute);
    }
  }

  void add(const MatmulTiling& tiling, Cycles compute) {
    const auto& [m_all, k_all, n_all] = needs_.shape;
    const std::int64_t m_tiles = ceil_div(tile_needs_.shape.m, tiling.m);
    const std::int64_t k_tiles = ceil_div(k_all, tiling.k);
    const std::int64_t n_tiles = ceil_div(n_all, tiling.n);
    // How often each operand comes in. Slots are given away in turn, so a sweep over more tiles
    // than slots finds none of them again.
    const bool rhs_kept = tiling.rhs_slots >= n_tiles * k_tiles;
    const bool lhs_once = tiling.lhs_slots >= (tiling.n_outer ? m_tiles * k_tiles : k_tiles);
    const bool rhs_once = rhs_kept || (tiling.n_outer && tiling.rhs_slots >= k_tiles);
    const std::int64_t rhs_times = rhs_kept ? 1 : row_tiles_ * (rhs_once ? 1 : m_tiles);
    const bool params_kept = tiling.params_slots >= n_tiles;
    const std::int64_t params_times = params_kept ? 1 : row_tiles_ * (tiling.n_outer ? 1 : m_tiles);
    Bytes loads = 0;
    if (!needs_.lhs.resident) {
      loads += (lhs_once ? 1 : n_tiles) * m_all * k_all * needs_.lhs.element_bytes;
    }
    if (!needs_.rhs.resident) {
      loads += rhs_times * k_all * n_all * needs_.rhs.element_bytes;
    }
    if (needs_.params && !needs_.params->resident) {
      loads += params_times * n_all * needs_.params->element_bytes;
    }
    if (needs_.residual && !needs_.residual->resident) {
      loads += m_all * n_all * needs_.residual->element_bytes;
    }
    const Bytes stores = needs_.out.resident ? 0 : m_all * n_all * needs_.out.element_bytes;

    Choice choice;
    choice.price.room = tiling.room;
    choice.price.traffic = loads + stores;
    choice.price.compute = compute;
    const int slots_in = std::max(1, std::min(needs_.lhs.resident ? 9 : tiling.lhs_slots,
                                              needs_.rhs.resident ? 9 : tiling.rhs_slots));
    choice.price.cycles =
        paced(row_tiles_ * m_tiles * n_tiles, k_tiles, choice.price.compute,
              static_cast<double>(loads), static_cast<double>(stores), slots_in,
              std::max(1, tiling.out_slots), machine_, pricing_.bytes_per_cycle());
    choice.tiling = tiling;
    choices_.push_back(choice);
  }

  const MatmulNeeds& needs_;
  const config::Accelerator& machine_;
  Pricing& pricing_;
  Room capacity_;
  std::int64_t row_tiles_;
  MatmulNeeds tile_needs_;  ///< of one row tile
  std::vector<Choice> choices_;
};

class RowsChoices {
 public:
  RowsChoices(const model::Op& op, const RowsNeeds& needs, const config::Accelerator& machine,
              std::int64_t rows, Pricing& pricing)
      : op_(op),
        needs_(needs),
        machine_(machine),
        pricing_(pricing),
        row_tile_(std::min(rows, needs.rows)) {}

  std::vector<Choice> list() {
    const std::int64_t most = std::min(row_tile_, needs_.most_rows);
    std::vector<std::int64_t> sizes = equal_parts(row_tile_, most);
    if (sizes.front() != most) {
      sizes.insert(sizes.begin(), most);
    }
    for (const std::int64_t rows : sizes) {
      for (const int slots : {1, 2, 3}) {
        add(rows, slots);
      }
    }
    return std::move(choices_);
  }

 private:
  void add(std::int64_t rows, int slots) {
    const std::int64_t tiles = ceil_div(needs_.rows, row_tile_) * ceil_div(row_tile_, rows);
    RowsTiling tiling;
    tiling.rows = rows;
    tiling.slots = static_cast<int>(std::min<std::int64_t>(slots, tiles));
    tiling.room = slot_room(needs_, tiling, machine_.scratchpad);
    Bytes loads = 0;
    Bytes stores = 0;
    for (const RowsOperand& operand : needs_.operands) {
      if (operand.need.resident) {
        continue;
      }
      const bool table = operand.lie == RowsOperand::Lie::kTable;
      const Bytes bytes = (table ? 1 : needs_.rows) * operand.cols * operand.need.element_bytes;
      (&operand == &needs_.operands.back() ? stores : loads) += bytes;
    }
    const auto unit = std::visit(RowUnitOf(machine_), op_.work);
    Choice choice;
    choice.price.room = tiling.room;
    choice.price.traffic = loads + stores;
    choice.price.compute = timing::rows_cycles(needs_.rows, needs_.operands.front().cols, unit);
    choice.price.cycles = paced(tiles, 1, choice.price.compute, static_cast<double>(loads),
                                static_cast<double>(stores), tiling.slots, tiling.slots, machine_,
                                pricing_.bytes_per_cycle());
    choice.tiling = tiling;
    choices_.push_back(choice);
  }

  const model::Op& op_;
  const RowsNeeds& needs_;
  const config::Accelerator& machine_;
  Pricing& pricing_;
  std::int64_t row_tile_;
  std::vector<Choice> choices_;
};

}  // namespace

std::int64_t rows_of(const Needs& needs) {
  if (const auto* matmul = std::get_if<MatmulNeeds>(&needs)) {
    return matmul->shape.m;
  }
  return std::get<RowsNeeds>(needs).rows;
}

std::vector<Choice> choices(const model::Op& op, const Needs& needs,
                            const config::Accelerator& machine, std::int64_t rows,
                            Pricing& pricing) {
  if (const auto* matmul = std::get_if<MatmulNeeds>(&needs)) {
    return MatmulChoices(*matmul, machine, rows, pricing).list();
  }
  return RowsChoices(op, std::get<RowsNeeds>(needs), machine, rows, pricing).list();
}

}  // namespace vitsim::mapping
