// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/tiling.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "vitsim/model/encoding.h"
#include "vitsim/timing/gemm.h"

namespace vitsim::mapping {
namespace {

/// The distinct values of ceil(total / parts), largest first, none above `limit`.
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

/// Cycles that `bytes` take through DRAM, at the least.
Cycles dram_cycles(Bytes bytes, const config::Accelerator& machine) {
  const double rate = machine.dram.kind == config::DramKind::kIdeal
                          ? machine.dma.burst_bytes
                          : std::min<double>(machine.dram.bytes_per_cycle, machine.dma.burst_bytes);
  return static_cast<Cycles>(static_cast<double>(bytes) / rate);
}

/// Slots for an operand of `tiles` different tiles.
int slots_for(bool resident, std::int64_t tiles, int buffers) {
  return resident ? 0 : static_cast<int>(std::min<std::int64_t>(tiles, buffers));
}

struct Candidate {
  std::int64_t m;
  std::int64_t k;
  bool n_outer;
  int buffers;
};

MatmulTiling evaluate(const MatmulNeeds& needs, const config::Accelerator& machine,
                      const Candidate& candidate) {
  const auto& [m_all, k_all, n_all] = needs.shape;
  const auto& pad = machine.scratchpad;
  const std::int64_t n = std::min<std::int64_t>(n_all, machine.pe_array.cols);
  const std::int64_t m_tiles = ceil_div(m_all, candidate.m);
  const std::int64_t k_tiles = ceil_div(k_all, candidate.k);
  const std::int64_t n_tiles = ceil_div(n_all, n);
  MatmulTiling tiling{candidate.m, candidate.k, n, candidate.n_outer};

  // Slots, and their bytes.
  tiling.lhs_slots = slots_for(needs.lhs.resident, m_tiles * k_tiles, candidate.buffers);
  tiling.rhs_slots = slots_for(needs.rhs.resident, n_tiles * k_tiles, candidate.buffers);
  tiling.out_slots = slots_for(needs.out.resident, m_tiles * n_tiles, candidate.buffers);
  const Bytes lhs_row = candidate.k * needs.lhs.element_bytes;
  const Bytes rhs_slot = needs.rhs_transposed
                             ? slot_bytes(n, candidate.k * needs.rhs.element_bytes, pad)
                             : slot_bytes(candidate.k, n * needs.rhs.element_bytes, pad);
  const Bytes out_slot = slot_bytes(candidate.m, n * needs.out.element_bytes, pad);
  tiling.bytes = tiling.lhs_slots * slot_bytes(candidate.m, lhs_row, pad) +
                 tiling.rhs_slots * rhs_slot + tiling.out_slots * out_slot;
  if (needs.params) {
    tiling.params_slots = slots_for(needs.params->resident, n_tiles, candidate.buffers);
    tiling.bytes += tiling.params_slots * slot_bytes(1, n * model::kChannelParamsBytes, pad);
  }
  if (needs.residual) {
    tiling.residual_slots =
        slots_for(needs.residual->resident, m_tiles * n_tiles, candidate.buffers);
    tiling.bytes +=
        tiling.residual_slots * slot_bytes(candidate.m, n * needs.residual->element_bytes, pad);
  }

  // Traffic: how often each operand comes in.
  const std::int64_t lhs_times =
      (k_tiles == 1 && !candidate.n_outer) || m_tiles * k_tiles == 1 ? 1 : n_tiles;
  const std::int64_t rhs_times =
      (k_tiles == 1 && candidate.n_outer) || n_tiles * k_tiles == 1 ? 1 : m_tiles;
  if (!needs.lhs.resident) {
    tiling.traffic += lhs_times * m_all * k_all * needs.lhs.element_bytes;
  }
  if (!needs.rhs.resident) {
    tiling.traffic += rhs_times * k_all * n_all * needs.rhs.element_bytes;
  }
  if (!needs.out.resident) {
    tiling.traffic += m_all * n_all * needs.out.element_bytes;
  }
  if (needs.residual && !needs.residual->resident) {
    tiling.traffic += m_all * n_all * needs.residual->element_bytes;
  }

  // Array and DRAM work side by side, but for the first tiles, which the array waits for, and the
  // last, which waits for the array.
  const Cycles array = m_tiles * timing::gemm_cycles({candidate.m, k_all, n_all}, machine.pe_array);
  const Cycles dram = dram_cycles(tiling.traffic, machine);
  Bytes ends = needs.out.resident ? 0 : candidate.m * n * needs.out.element_bytes;
  if (!needs.lhs.resident) {
    ends += candidate.m * lhs_row;
  }
  if (!needs.rhs.resident) {
    ends += candidate.k * n * needs.rhs.element_bytes;
  }
  tiling.cycles =
      candidate.buffers > 1 ? std::max(array, dram) + dram_cycles(ends, machine) : array + dram;
  return tiling;
}

std::vector<Candidate> candidates_of(const MatmulNeeds& needs, const config::Accelerator& machine) {
  std::vector<Candidate> candidates;
  const std::int64_t rows = machine.pe_array.rows;
  const std::int64_t folds = ceil_div(needs.shape.k, rows);
  for (const std::int64_t m : equal_parts(needs.shape.m, machine.accumulator_buffer.rows)) {
    for (const std::int64_t k_folds : equal_parts(folds, folds)) {
      for (const bool n_outer : {false, true}) {
        for (const int buffers : {2, 1}) {
          candidates.push_back({m, std::min(k_folds * rows, needs.shape.k), n_outer, buffers});
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

std::optional<MatmulTiling> choose_tiling(const MatmulNeeds& needs,
                                          const config::Accelerator& machine, Bytes available) {
  std::optional<MatmulTiling> best;
  for (const Candidate& candidate : candidates_of(needs, machine)) {
    const MatmulTiling tiling = evaluate(needs, machine, candidate);
    const auto rank = [](const MatmulTiling& t) { return std::tie(t.cycles, t.traffic, t.bytes); };
    if (tiling.bytes <= available && (!best || rank(tiling) < rank(*best))) {
      best = tiling;
    }
  }
  return best;
}

Bytes least_bytes(const MatmulNeeds& needs, const config::Accelerator& machine) {
  const std::int64_t k = std::min<std::int64_t>(machine.pe_array.rows, needs.shape.k);
  return evaluate(needs, machine, {1, k, false, 1}).bytes;
}

namespace {

RowsTiling evaluate(const RowsNeeds& needs, const config::Accelerator& machine, std::int64_t rows,
                    int buffers) {
  const auto& pad = machine.scratchpad;
  const std::int64_t tiles = ceil_div(needs.rows, rows);
  RowsTiling tiling{rows, slots_for(false, tiles, buffers)};
  const auto account = [&](const Need& need) {
    if (!need.resident) {
      tiling.bytes += tiling.slots * slot_bytes(rows, needs.cols * need.element_bytes, pad);
      tiling.traffic += needs.rows * needs.cols * need.element_bytes;
    }
  };
  for (const Need& need : needs.in) {
    account(need);
  }
  account(needs.out);
  if (needs.params) {
    tiling.bytes += slot_bytes(1, needs.cols * needs.params->element_bytes, pad);
  }
  tiling.cycles = dram_cycles(tiling.traffic, machine);
  return tiling;
}

/// Tiles that an operator on rows is cut into where there is room: enough for loads, work and
/// stores to go on side by side.
constexpr std::int64_t kRowTiles = 4;

}  // namespace

std::optional<RowsTiling> choose_tiling(const RowsNeeds& needs, const config::Accelerator& machine,
                                        Bytes available) {
  for (const int buffers : {2, 1}) {
    for (const std::int64_t rows : equal_parts(needs.rows, ceil_div(needs.rows, kRowTiles))) {
      const RowsTiling tiling = evaluate(needs, machine, rows, buffers);
      if (tiling.bytes <= available) {
        return tiling;
      }
    }
  }
  return std::nullopt;
}

Bytes least_bytes(const RowsNeeds& needs, const config::Accelerator& machine) {
  return evaluate(needs, machine, 1, 1).bytes;
}

}  // namespace vitsim::mapping
