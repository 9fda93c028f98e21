// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/mapping/tiling.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// How the tiles of a product are thought to follow each other: as if they were one stream
/// (tiled_array_cycles()), or each with what its command costs beside its beats.
enum class Pace { kAsOneStream, kTileByTile };

/// What prices are made of: cycles of DRAM's bytes, and of a product's tiles with their operands
/// there in time. Tile by tile it times the closed forms of a few commands through fetchers, array,
/// accumulator buffer and post-processor (timing/earliest_products.h), and remembers them.
class Pricing {
 public:
  /// `bytes_per_cycle`: of DRAM. `machine` must outlive it.
  Pricing(const config::Accelerator& machine, Pace pace, double bytes_per_cycle)
      : machine_(machine), pace_(pace), bytes_per_cycle_(bytes_per_cycle) {}

  [[nodiscard]] double bytes_per_cycle() const { return bytes_per_cycle_; }
  [[nodiscard]] Cycles dram_cycles(Bytes bytes) const {
    return static_cast<Cycles>(static_cast<double>(bytes) / bytes_per_cycle_);
  }

  /// Cycles of all tiles of a product of this shape that is cut so.
  Cycles all_tiles(const MatmulNeeds& needs, const model::GemmShape& shape,
                   const MatmulTiling& tiling);

 private:
  /// Sizes and widths that decide.
  using Key = std::array<std::int64_t, 11>;
  /// From one finished tile of results of m rows and n columns to the next.
  Cycles between(const MatmulNeeds& needs, std::int64_t m, std::int64_t n, std::int64_t k,
                 std::int64_t tile_k);

  const config::Accelerator& machine_;
  Pace pace_;
  double bytes_per_cycle_;
  std::map<Key, Cycles> known_;
};

}  // namespace vitsim::mapping
