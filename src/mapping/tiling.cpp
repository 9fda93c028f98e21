// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/tiling.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "vitsim/timing/array.h"
#include "vitsim/timing/dram_bandwidth.h"
#include "vitsim/timing/gemm.h"

namespace vitsim::mapping {

std::vector<std::int64_t> equal_parts(std::int64_t total, std::int64_t limit) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t size = std::min(total, limit); size >= 1;) {
    const std::int64_t parts = ceil_div(total, size);
    const std::int64_t even = ceil_div(total, parts);
    sizes.push_back(even);
    size = even - 1;
  }
  return sizes;
}

Cycles tiled_array_cycles(const model::GemmShape& shape, const MatmulTiling& tile,
                          const config::PeArray& array) {
  const auto& [m, k, n] = shape;
  if (timing::sums_are_columns(array)) {
    return ceil_div(n, tile.n) * timing::gemm_cycles({m, k, tile.n}, array);
  }
  const std::int64_t m_tiles = ceil_div(m, tile.m);
  if (timing::type_of(array) != timing::ArrayType::kOutputStationary) {
    return m_tiles * timing::gemm_cycles({tile.m, k, n}, array);
  }
  // What streams is K: each part of it makes folds of its own.
  const std::int64_t full_parts = ceil_div(k, tile.k) - 1;
  return m_tiles * (full_parts * timing::gemm_cycles({tile.m, tile.k, n}, array) +
                    timing::gemm_cycles({tile.m, k - full_parts * tile.k, n}, array));
}

Room slot_room(const MatmulNeeds& needs, const MatmulTiling& tiling,
               const config::Scratchpad& scratchpad) {
  Room room;
  const auto add = [&](const Need& need, int slots, bool transposed, std::int64_t rows,
                       std::int64_t cols) {
    const Bytes slot = transposed ? slot_bytes(cols, rows * need.element_bytes, scratchpad)
                                  : slot_bytes(rows, cols * need.element_bytes, scratchpad);
    room += Room(slots * slot, need.partition);
  };
  add(needs.lhs, tiling.lhs_slots, needs.lhs_transposed, tiling.m, tiling.k);
  add(needs.rhs, tiling.rhs_slots, needs.rhs_transposed, tiling.k, tiling.n);
  add(needs.out, tiling.out_slots, false, tiling.m, tiling.n);
  if (needs.params) {
    add(*needs.params, tiling.params_slots, false, 1, tiling.n);
  }
  if (needs.residual) {
    add(*needs.residual, tiling.residual_slots, false, tiling.m, tiling.n);
  }
  return room;
}

namespace {

/// Cycles that `bytes` take through DRAM, at the least.
Cycles dram_cycles(Bytes bytes, const config::Accelerator& machine) {
  return static_cast<Cycles>(static_cast<double>(bytes) / timing::peak_bytes_per_cycle(machine));
}

/// Slots for an operand of `tiles` different tiles.
int slots_for(bool resident, std::int64_t tiles, int buffers) {
  return resident ? 0 : static_cast<int>(std::min<std::int64_t>(tiles, buffers));
}

struct Candidate {
  std::int64_t m;
  std::int64_t k;
  std::int64_t n;
  bool n_outer;
  int buffers;
};

ChosenTiling<MatmulTiling> evaluate(const MatmulNeeds& needs, const config::Accelerator& machine,
                                    const Candidate& candidate) {
  const auto& [m_all, k_all, n_all] = needs.shape;
  const std::int64_t n = candidate.n;
  const std::int64_t m_tiles = ceil_div(m_all, candidate.m);
  const std::int64_t k_tiles = ceil_div(k_all, candidate.k);
  const std::int64_t n_tiles = ceil_div(n_all, n);
  ChosenTiling<MatmulTiling> chosen{{candidate.m, candidate.k, n, candidate.n_outer}, {}};
  auto& [tiling, cost] = chosen;

  tiling.lhs_slots = slots_for(needs.lhs.resident, m_tiles * k_tiles, candidate.buffers);
  tiling.rhs_slots = slots_for(needs.rhs.resident, n_tiles * k_tiles, candidate.buffers);
  tiling.out_slots = slots_for(needs.out.resident, m_tiles * n_tiles, candidate.buffers);
  if (needs.params) {
    tiling.params_slots = slots_for(needs.params->resident, n_tiles, candidate.buffers);
  }
  if (needs.residual) {
    tiling.residual_slots =
        slots_for(needs.residual->resident, m_tiles * n_tiles, candidate.buffers);
  }
  tiling.room = slot_room(needs, tiling, machine.scratchpad);

  // Traffic: how often each operand comes in.
  const std::int64_t lhs_times =
      (k_tiles == 1 && !candidate.n_outer) || m_tiles * k_tiles == 1 ? 1 : n_tiles;
  const std::int64_t rhs_times =
      (k_tiles == 1 && candidate.n_outer) || n_tiles * k_tiles == 1 ? 1 : m_tiles;
  if (!needs.lhs.resident) {
    cost.traffic += lhs_times * m_all * k_all * needs.lhs.element_bytes;
  }
  if (!needs.rhs.resident) {
    cost.traffic += rhs_times * k_all * n_all * needs.rhs.element_bytes;
  }
  if (!needs.out.resident) {
    cost.traffic += m_all * n_all * needs.out.element_bytes;
  }
  if (needs.residual && !needs.residual->resident) {
    cost.traffic += m_all * n_all * needs.residual->element_bytes;
  }

  // Array and DRAM work side by side, but for the first tiles, which the array waits for, and the
  // last, which waits for the array.
  const Cycles array = tiled_array_cycles(needs.shape, tiling, machine.pe_array);
  const Cycles dram = dram_cycles(cost.traffic, machine);
  Bytes ends = needs.out.resident ? 0 : candidate.m * n * needs.out.element_bytes;
  if (!needs.lhs.resident) {
    ends += candidate.m * candidate.k * needs.lhs.element_bytes;
  }
  if (!needs.rhs.resident) {
    ends += candidate.k * n * needs.rhs.element_bytes;
  }
  cost.cycles =
      candidate.buffers > 1 ? std::max(array, dram) + dram_cycles(ends, machine) : array + dram;
  return chosen;
}

/// Multiples of `unit` up to `limit`, one unit at the least, that cut `total` into equal parts, but
/// for the last.
std::vector<std::int64_t> parts_of_units(std::int64_t total, std::int64_t unit,
                                         std::int64_t limit) {
  const std::int64_t units = ceil_div(total, unit);
  // The last part may be less than a whole number of units.
  const std::int64_t most = limit >= total ? units : std::max<std::int64_t>(limit / unit, 1);
  std::vector<std::int64_t> sizes = equal_parts(units, most);
  for (std::int64_t& size : sizes) {
    size = std::min(size * unit, total);
  }
  return sizes;
}

TileSides sides_of(const model::GemmShape& shape, const config::Accelerator& machine) {
  const config::PeArray& array = machine.pe_array;
  const std::int64_t rows_kept = machine.accumulator_buffer.rows;
  const bool row_wise = timing::type_of(array) == timing::ArrayType::kRowWise;
  TileSides sides;
  if (timing::sums_are_columns(array)) {
    sides.m = {std::min(shape.m, timing::sums_width(array))};
    sides.n = equal_parts(shape.n, rows_kept);
  } else {
    sides.m = equal_parts(shape.m, rows_kept);
    if (timing::type_of(array) == timing::ArrayType::kOutputStationary) {
      // Above a fold's height only whole folds.
      std::erase_if(sides.m, [&](std::int64_t m) { return m > array.rows; });
      const auto whole = parts_of_units(shape.m, array.rows, rows_kept);
      sides.m.insert(sides.m.begin(), whole.begin(), whole.end());
      std::erase_if(sides.m, [&](std::int64_t m) { return m > rows_kept; });
    }
    sides.n = {std::min(shape.n, timing::sums_width(array))};
  }
  sides.k = parts_of_units(shape.k, timing::contraction_width(array),
                           row_wise ? array.row_buffer_elements : shape.k);
  return sides;
}

}  // namespace

TileSides tile_sides(const MatmulNeeds& needs, const config::Accelerator& machine) {
  TileSides sides = sides_of(needs.shape, machine);
  if (needs.fold_by_fold) {
    // The smallest: one fold, or what is left of it.
    sides.k = {*std::ranges::min_element(sides.k)};
  }
  return sides;
}

namespace {

std::vector<Candidate> candidates_of(const MatmulNeeds& needs, const config::Accelerator& machine) {
  std::vector<Candidate> candidates;
  const TileSides sides = tile_sides(needs, machine);
  for (const std::int64_t m : sides.m) {
    for (const std::int64_t n : sides.n) {
      for (const std::int64_t k : sides.k) {
        for (const bool n_outer : {false, true}) {
          for (const int buffers : {2, 1}) {
            candidates.push_back({m, k, n, n_outer, buffers});
          }
        }
      }
    }
  }
  return candidates;
}

}  // namespace

Bytes slot_pitch(Bytes row_bytes, const config::Scratchpad& scratchpad) {
  return round_up<Bytes>(row_bytes, scratchpad.bank_width_bytes);
}

Bytes slot_bytes(std::int64_t rows, Bytes row_bytes, const config::Scratchpad& scratchpad) {
  return rows * slot_pitch(row_bytes, scratchpad);
}

Bytes slot_bytes(const RowsOperand& operand, std::int64_t rows,
                 const config::Scratchpad& scratchpad) {
  const Bytes width = operand.need.element_bytes;
  return operand.lie == RowsOperand::Lie::kColumns
             ? slot_bytes(operand.cols, rows * width, scratchpad)
             : slot_bytes(operand.lie == RowsOperand::Lie::kTable ? 1 : rows, operand.cols * width,
                          scratchpad);
}

Room slot_room(const RowsNeeds& needs, const RowsTiling& tiling,
               const config::Scratchpad& scratchpad) {
  Room room;
  for (const RowsOperand& operand : needs.operands) {
    if (!operand.need.resident) {
      const bool table = operand.lie == RowsOperand::Lie::kTable;
      room += Room((table ? 1 : tiling.slots) * slot_bytes(operand, tiling.rows, scratchpad),
                   operand.need.partition);
    }
  }
  return room;
}

Bytes resident_pitch(const model::Tensor& tensor, std::int64_t cols,
                     const config::Scratchpad& scratchpad) {
  const Bytes pitch = slot_pitch(cols * tensor.element_bytes, scratchpad);
  const bool even = pitch / scratchpad.bank_width_bytes % 2 == 0;
  return tensor.skewed && even ? pitch + scratchpad.bank_width_bytes : pitch;
}

Bytes resident_bytes(const model::Tensor& tensor, const config::Scratchpad& scratchpad) {
  return tensor.rows * resident_pitch(tensor, tensor.cols, scratchpad);
}

std::optional<ChosenTiling<MatmulTiling>> choose_tiling(const MatmulNeeds& needs,
                                                        const config::Accelerator& machine,
                                                        const Room& available) {
  std::optional<ChosenTiling<MatmulTiling>> best;
  for (const Candidate& candidate : candidates_of(needs, machine)) {
    const auto chosen = evaluate(needs, machine, candidate);
    const auto rank = [](const ChosenTiling<MatmulTiling>& one) {
      return std::tuple(one.cost.cycles, one.cost.traffic, one.tiling.room.total());
    };
    if (chosen.tiling.room.fits(available) && (!best || rank(chosen) < rank(*best))) {
      best = chosen;
    }
  }
  return best;
}

Room least_room(const MatmulNeeds& needs, const config::Accelerator& machine) {
  const TileSides sides = tile_sides(needs, machine);
  const auto least = [](const std::vector<std::int64_t>& sizes) {
    return *std::min_element(sizes.begin(), sizes.end());
  };
  return evaluate(needs, machine, {least(sides.m), least(sides.k), least(sides.n), false, 1})
      .tiling.room;
}

namespace {

ChosenTiling<RowsTiling> evaluate(const RowsNeeds& needs, const config::Accelerator& machine,
                                  std::int64_t rows, int buffers) {
  const std::int64_t tiles = ceil_div(needs.rows, rows);
  ChosenTiling<RowsTiling> chosen{{rows, slots_for(false, tiles, buffers)}, {}};
  auto& [tiling, cost] = chosen;
  tiling.room = slot_room(needs, tiling, machine.scratchpad);
  for (const RowsOperand& operand : needs.operands) {
    if (!operand.need.resident && operand.lie != RowsOperand::Lie::kTable) {
      cost.traffic += needs.rows * operand.cols * operand.need.element_bytes;
    }
  }
  cost.cycles = dram_cycles(cost.traffic, machine);
  return chosen;
}

}  // namespace

std::optional<ChosenTiling<RowsTiling>> choose_tiling(const RowsNeeds& needs,
                                                      const config::Accelerator& machine,
                                                      const Room& available) {
  std::vector<std::int64_t> sizes = equal_parts(needs.rows, needs.most_rows);
  sizes.insert(sizes.begin(), std::min(needs.rows, needs.most_rows));
  for (const int buffers : {2, 1}) {
    for (const std::int64_t rows : sizes) {
      const auto chosen = evaluate(needs, machine, rows, buffers);
      if (chosen.tiling.room.fits(available)) {
        return chosen;
      }
    }
  }
  return std::nullopt;
}

Room least_room(const RowsNeeds& needs, const config::Accelerator& machine) {
  return evaluate(needs, machine, 1, 1).tiling.room;
}

}  // namespace vitsim::mapping
