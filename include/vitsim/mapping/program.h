// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vitsim/core/units.h"
#include "vitsim/model/graph.h"

/// What the machine executes: commands, each on one unit, ordered among units by tokens alone.
namespace vitsim::mapping {

/// Units with a command queue of their own.
enum class Unit {
  kDmaLoad,
  kDmaStore,
  kPeArray,
  kSoftmaxUnit,
  kGeluUnit,
  kLayerNormUnit,
  kVectorUnit,
  kAccumulatorArray,
  kDividerArray,
  kAdderArray,
  kSaDiag,
};
inline constexpr std::array<std::string_view, 11> kUnitNames{
    "dma_load",      "dma_store",       "pe_array",    "softmax_unit",
    "gelu_unit",     "layer_norm_unit", "vector_unit", "accumulator_array",
    "divider_array", "adder_array",     "sa_diag"};
inline constexpr int kUnitCount = static_cast<int>(kUnitNames.size());
constexpr std::string_view name_of(Unit unit) { return kUnitNames[static_cast<std::size_t>(unit)]; }
/// The same of a DMA channel: `dma_load`, `dma_load_1`, ...
std::string name_of(Unit unit, int channel);
/// What a unit's commands do, as listings and reports say it.
inline constexpr std::array<std::string_view, kUnitCount> kOperationNames{
    "load", "store",      "matmul",        "softmax",    "gelu",       "layer_norm",
    "add",  "taylor_sum", "taylor_divide", "taylor_add", "taylor_diag"};
constexpr std::string_view operation_of(Unit unit) {
  return kOperationNames[static_cast<std::size_t>(unit)];
}

/// Set once in an image, by one command.
using Token = std::int32_t;
inline constexpr Token kNoToken = -1;

/// A rectangle of bytes in a memory: `rows` runs of `row_bytes`, `pitch` apart.
struct Region {
  Bytes address = 0;
  std::int64_t rows = 0;
  Bytes row_bytes = 0;
  Bytes pitch = 0;
  /// The address behind the last byte.
  [[nodiscard]] Bytes end() const { return address + (rows - 1) * pitch + row_bytes; }
};

/// A rectangle in the scratchpad and the part of a tensor that it holds.
struct Operand {
  Region region;
  model::View tile;
  int element_bytes = 1;
  /// A row of what is computed is a column of the tile: its elements lie a pitch apart.
  bool by_column = false;
  /// Elements of such a row.
  [[nodiscard]] std::int64_t row_elements() const { return by_column ? tile.rows : tile.cols; }
};

/// Between DRAM and scratchpad.
struct Transfer {
  Region dram;
  Operand scratchpad;
};

/// Where the finished sums of a product go.
enum class SumSink {
  kPostProcessor,
  kAdderArray,
  kDividers,  ///< one a row: the divisors of the rows that come through the adder array
};

/// A tile of a product: lhs [m x k] times rhs [k x n], as large as a tiling says (tiling.h).
struct MatmulTile {
  model::GemmShape shape;
  Operand lhs;
  Operand rhs;
  bool lhs_transposed = false;  ///< lhs lies as [k x m]
  bool rhs_transposed = false;  ///< rhs lies as [n x k]
  bool first = true;            ///< starts the sums; else adds to what the accumulator buffer holds
  bool last = true;             ///< completes them: they go to `sink`
  SumSink sink = SumSink::kPostProcessor;
  bool lhs_to_sa_diag = false;  ///< SA-Diag takes the stream of lhs, too
  std::optional<Operand> params;
  std::optional<Operand> residual;
  std::optional<Operand> out;  ///< what the post-processor writes, if it completes the sums
  Token lhs_read = kNoToken;   ///< set when the last byte of `lhs` has been read
  Token rhs_read = kNoToken;   ///< the same for `rhs`
};

/// Whole rows through a unit: softmax, GELU, layer norm, addition, the arrays of the Taylor
/// pipeline.
struct RowsTile {
  std::int64_t rows = 0;          ///< that enter
  std::int64_t cols = 0;          ///< of a row of results
  std::optional<Operand> in;      ///< none: rows come from the unit before
  std::optional<Operand> second;  ///< the other summand
  std::vector<Operand> tables;    ///< read before the rows
  bool sums_rows = false;         ///< all rows make one
  bool first = true;              ///< of a sum that several tiles make
  /// None: rows go to the next unit, or to a sum that another tile completes.
  std::optional<Operand> out;
  [[nodiscard]] std::int64_t results() const { return sums_rows ? (out ? 1 : 0) : rows; }
};

/// k_hat_sum beside the k x n tile of G, and the m rows of Q that pass it.
struct DiagTile {
  std::int64_t m = 0;
  std::int64_t k = 0;
  bool first = true;  ///< starts the divisors
  bool last = true;   ///< completes them: they go to the divider array
  Operand k_hat_sum;
};

using Work = std::variant<Transfer, MatmulTile, RowsTile, DiagTile>;

struct Command {
  Unit unit = Unit::kDmaLoad;
  int op = 0;                ///< index into Graph::ops
  int channel = 0;           ///< of the DMA; 0 of other units
  std::vector<Token> waits;  ///< all must be set before it starts
  Token done = kNoToken;     ///< set when its last byte is written
  Work work;
};

/// Where a tensor lives.
struct Placement {
  bool resident = false;    ///< in the scratchpad alone; else in DRAM
  Bytes dram_address = -1;  ///< where not resident
  Region scratchpad;        ///< where resident
};

/// A layer of the report: operators of one name.
struct Layer {
  std::string name;
  Unit unit = Unit::kPeArray;
  std::int64_t macs = 0;
  model::Operations operations;
};

/// Of all layers.
inline std::int64_t total_macs(const std::vector<Layer>& layers) {
  std::int64_t macs = 0;
  for (const Layer& layer : layers) {
    macs += layer.macs;
  }
  return macs;
}

struct Program {
  std::vector<Command> commands;
  std::vector<Token>::size_type token_count = 0;
  std::vector<Placement> placements;  ///< by TensorId
  std::vector<Layer> layers;
  std::vector<int> layer_of_op;
  Bytes dram_bytes = 0;
  Bytes scratchpad_bytes = 0;  ///< the highest address in use
};

}  // namespace vitsim::mapping
