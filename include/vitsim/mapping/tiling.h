// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/mapping/partitions.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"

/// How large the tiles of one operator are. Pure functions of shapes, widths, residency and the
/// bytes that are free.
namespace vitsim::mapping {

/// An operand, for the purpose of finding it room.
struct Need {
  int element_bytes = 1;
  bool resident = false;      ///< lies in the scratchpad whole: needs no slots
  std::size_t partition = 0;  ///< of the scratchpad, in which its slots are
};

struct MatmulNeeds {
  model::GemmShape shape;
  Need lhs;
  Need rhs;
  Need out;
  std::optional<Need> params;
  std::optional<Need> residual;
  bool lhs_transposed = false;  ///< lhs lies as [k x m]
  bool rhs_transposed = false;  ///< rhs lies as [n x k]
  /// A tile takes one fold of k, so that it can begin when that much of its operands is there.
  bool fold_by_fold = false;
};

/// Tiles of a matmul: along the side that comes out of the array as a row of sums, as wide as the
/// array; along the other, at most accumulator_buffer.rows; k in whole folds.
struct MatmulTiling {
  std::int64_t m = 0;
  std::int64_t k = 0;
  std::int64_t n = 0;
  bool n_outer = false;  ///< columns of tiles outside, rows of tiles inside; else the reverse
  int lhs_slots = 0;     ///< 0 where resident
  int rhs_slots = 0;
  int params_slots = 0;
  int residual_slots = 0;
  int out_slots = 0;
  Room room{};  ///< of all slots
  friend bool operator==(const MatmulTiling&, const MatmulTiling&) = default;
};

/// The distinct values of ceil(total / parts), largest first, none above `limit`.
std::vector<std::int64_t> equal_parts(std::int64_t total, std::int64_t limit);

/// Lengths that the sides of a tile may have: rows of sums as the accumulator buffer has room for,
/// along the other side what is in the array at a time, k in whole folds.
struct TileSides {
  std::vector<std::int64_t> m;
  std::vector<std::int64_t> k;
  std::vector<std::int64_t> n;
};
TileSides tile_sides(const MatmulNeeds& needs, const config::Accelerator& machine);

/// What all slots of a tiling take.
Room slot_room(const MatmulNeeds& needs, const MatmulTiling& tiling,
               const config::Scratchpad& scratchpad);
/// Cycles of all tiles on the array, where those that follow each other along what is not cut here
/// are as one.
Cycles tiled_array_cycles(const model::GemmShape& shape, const MatmulTiling& tiling,
                          const config::PeArray& array);

/// What a tiling costs.
struct Cost {
  /// Estimate. Of a product: the longer of array and DRAM, and the first and last tiles' way
  /// through DRAM; without double buffers the sum of both. Of an operator on rows: the DRAM's part.
  Cycles cycles = 0;
  Bytes traffic = 0;  ///< DRAM bytes
  friend bool operator<(const Cost& a, const Cost& b) {
    return std::tie(a.cycles, a.traffic) < std::tie(b.cycles, b.traffic);
  }
};

template <class Tiling>
struct ChosenTiling {
  Tiling tiling;
  Cost cost;
};

/// The tiling of least estimated cycles, then least traffic, then least bytes, among those that
/// fit `available`; none where none fits.
std::optional<ChosenTiling<MatmulTiling>> choose_tiling(const MatmulNeeds& needs,
                                                        const config::Accelerator& machine,
                                                        const Room& available);
/// What the smallest tiling takes.
Room least_room(const MatmulNeeds& needs, const config::Accelerator& machine);

/// An operand of an operator on whole rows.
struct RowsOperand {
  enum class Lie {
    kRows,     ///< a row of the tile is a row of it
    kColumns,  ///< a row of the tile is a column of it
    kTable,    ///< one row for all
  };
  Need need;
  std::int64_t cols = 0;  ///< elements for a row of the tile
  Lie lie = Lie::kRows;
};

struct RowsNeeds {
  std::int64_t rows = 0;
  std::int64_t most_rows = 0;         ///< of a tile, where there is room
  std::vector<RowsOperand> operands;  ///< what is read, then what is written
};

/// Tiles of an operator on whole rows.
struct RowsTiling {
  std::int64_t rows = 0;
  int slots = 0;  ///< for each operand that is not resident
  Room room{};
  friend bool operator==(const RowsTiling&, const RowsTiling&) = default;
};

std::optional<ChosenTiling<RowsTiling>> choose_tiling(const RowsNeeds& needs,
                                                      const config::Accelerator& machine,
                                                      const Room& available);
Room least_room(const RowsNeeds& needs, const config::Accelerator& machine);

/// What all slots of a tiling take.
Room slot_room(const RowsNeeds& needs, const RowsTiling& tiling,
               const config::Scratchpad& scratchpad);

/// Bytes of a slot for tiles of `rows` rows.
Bytes slot_bytes(const RowsOperand& operand, std::int64_t rows,
                 const config::Scratchpad& scratchpad);

/// Bytes of a slot for `rows` rows of `row_bytes`: rows begin at a bank's edge.
Bytes slot_bytes(std::int64_t rows, Bytes row_bytes, const config::Scratchpad& scratchpad);
/// The distance of two rows in a slot.
Bytes slot_pitch(Bytes row_bytes, const config::Scratchpad& scratchpad);
/// The distance of two rows of `cols` columns of a resident tensor, and the bytes of all of it.
/// Where it is skewed, the distance is an odd number of words of a bank, so that neighbouring rows
/// begin in different banks.
Bytes resident_pitch(const model::Tensor& tensor, std::int64_t cols,
                     const config::Scratchpad& scratchpad);
Bytes resident_bytes(const model::Tensor& tensor, const config::Scratchpad& scratchpad);

}  // namespace vitsim::mapping
