// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/pricing.h"

#include <algorithm>
#include <vector>

#include "product_schedule.h"

namespace vitsim::mapping {
namespace {

/// Tiles along k that are timed; what more of them take is told by the last of these.
constexpr std::int64_t kTimed = 3;
/// Tiles of results before the pace is steady, and those over which it is taken: buffers come in
/// pairs.
constexpr int kWarmUp = 2;
constexpr int kMeasured = 2;

/// An operand's tile as it lies in a slot.
Operand operand(const Need& need, std::int64_t rows, std::int64_t cols,
                const config::Scratchpad& scratchpad) {
  const Bytes row_bytes = cols * need.element_bytes;
  return {.region = {0, rows, row_bytes, slot_pitch(row_bytes, scratchpad)},
          .tile = {-1, 0, 0, rows, cols},
          .element_bytes = need.element_bytes};
}

MatmulTile tile_of(const MatmulNeeds& needs, const model::GemmShape& shape,
                   const config::Scratchpad& scratchpad) {
  const auto& [m, k, n] = shape;
  MatmulTile tile;
  tile.shape = shape;
  tile.lhs_transposed = needs.lhs_transposed;
  tile.rhs_transposed = needs.rhs_transposed;
  tile.lhs = needs.lhs_transposed ? operand(needs.lhs, k, m, scratchpad)
                                  : operand(needs.lhs, m, k, scratchpad);
  tile.rhs = needs.rhs_transposed ? operand(needs.rhs, n, k, scratchpad)
                                  : operand(needs.rhs, k, n, scratchpad);
  tile.out = operand(needs.out, m, n, scratchpad);
  if (needs.params) {
    tile.params = operand(*needs.params, 1, n, scratchpad);
  }
  if (needs.residual) {
    tile.residual = operand(*needs.residual, m, n, scratchpad);
  }
  return tile;
}

/// The steady time between two tiles of results, each the sum over all of `tiles`.
Cycles steady(const config::Accelerator& machine, const std::vector<MatmulTile>& tiles) {
  ProductSchedule schedule(machine);
  Cycles warm = 0;
  Cycles done = 0;
  for (int i = 0; i < kWarmUp + kMeasured; ++i) {
    warm = i == kWarmUp ? done : warm;
    for (const MatmulTile& tile : tiles) {
      done = schedule.product(0, tile);
    }
  }
  return ceil_div<Cycles>(done - warm, kMeasured);
}

}  // namespace

Cycles Pricing::between(const MatmulNeeds& needs, std::int64_t m, std::int64_t n, std::int64_t k,
                        std::int64_t tile_k) {
  const auto bytes = [](const std::optional<Need>& need) {
    return need ? std::int64_t{need->element_bytes} : 0;
  };
  const std::int64_t count = ceil_div(k, tile_k);
  const Key key{m,
                n,
                k,
                tile_k,
                needs.lhs.element_bytes,
                needs.rhs.element_bytes,
                needs.out.element_bytes,
                bytes(needs.params),
                bytes(needs.residual),
                std::int64_t{needs.lhs_transposed},
                std::int64_t{needs.rhs_transposed}};
  const auto known = known_.find(key);
  if (known != known_.end()) {
    return known->second;
  }
  const auto timed = [&](std::int64_t tiles_of_k) {
    std::vector<MatmulTile> tiles;
    for (std::int64_t i = count - tiles_of_k; i < count; ++i) {
      const std::int64_t depth = std::min(tile_k, k - i * tile_k);
      tiles.push_back(tile_of(needs, {m, depth, n}, machine_.scratchpad));
      tiles.back().first = tiles.size() == 1;
      tiles.back().last = i + 1 == count;
    }
    return steady(machine_, tiles);
  };
  Cycles cycles = timed(std::min(count, kTimed));
  if (count > kTimed) {
    cycles += (count - kTimed) * (cycles - timed(kTimed - 1));
  }
  known_.emplace(key, cycles);
  return cycles;
}

Cycles Pricing::all_tiles(const MatmulNeeds& needs, const model::GemmShape& shape,
                          const MatmulTiling& tile) {
  if (pace_ == Pace::kAsOneStream) {
    return tiled_array_cycles(shape, tile, machine_.pe_array);
  }
  const std::int64_t m_full = shape.m / tile.m;
  const std::int64_t n_full = shape.n / tile.n;
  const std::int64_t m_rest = shape.m % tile.m;
  const std::int64_t n_rest = shape.n % tile.n;
  Cycles cycles = 0;
  const auto add = [&](std::int64_t count, std::int64_t m, std::int64_t n) {
    if (count > 0 && m > 0 && n > 0) {
      cycles += count * between(needs, m, n, shape.k, tile.k);
    }
  };
  add(m_full * n_full, tile.m, tile.n);
  add(n_full, m_rest, tile.n);
  add(m_full, tile.m, n_rest);
  add(1, m_rest, n_rest);
  return cycles;
}

}  // namespace vitsim::mapping
