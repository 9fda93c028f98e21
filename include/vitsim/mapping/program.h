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
};
inline constexpr std::array<std::string_view, 7> kUnitNames{
    "dma_load",  "dma_store",       "pe_array",   "softmax_unit",
    "gelu_unit", "layer_norm_unit", "vector_unit"};
inline constexpr int kUnitCount = static_cast<int>(kUnitNames.size());
constexpr std::string_view name_of(Unit unit) { return kUnitNames[static_cast<std::size_t>(unit)]; }
/// What a unit's commands do, as listings and reports say it.
inline constexpr std::array<std::string_view, kUnitCount> kOperationNames{
    "load", "store", "matmul", "softmax", "gelu", "layer_norm", "add"};
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
};

/// Between DRAM and scratchpad.
struct Transfer {
  Region dram;
  Operand scratchpad;
};

/// A tile of a product: lhs [m x k] times rhs [k x n], as large as a tiling says (tiling.h).
struct MatmulTile {
  model::GemmShape shape;
  Operand lhs;
  Operand rhs;
  bool rhs_transposed = false;  ///< rhs lies as [n x k]
  bool first = true;            ///< starts the sums; else adds to what the accumulator buffer holds
  bool last = true;             ///< completes them: the post-processor writes `out`
  std::optional<Operand> params;
  std::optional<Operand> residual;
  Operand out;
  Token lhs_read = kNoToken;  ///< set when the last byte of `lhs` has been read
  Token rhs_read = kNoToken;  ///< the same for `rhs`
};

/// Whole rows through a unit: softmax, GELU, layer norm, addition.
struct RowsTile {
  Operand in;
  std::optional<Operand> second;  ///< the other summand
  std::optional<Operand> params;
  Operand out;
};

using Work = std::variant<Transfer, MatmulTile, RowsTile>;

struct Command {
  Unit unit = Unit::kDmaLoad;
  int op = 0;                ///< index into Graph::ops
  std::vector<Token> waits;  ///< all must be set before it starts
  Token done = kNoToken;     ///< set when its last byte is written
  Work work;
};

/// Where a tensor lives.
struct Placement {
  bool resident = false;    ///< in the scratchpad alone; else in DRAM
  Bytes dram_address = -1;  ///< where not resident
};

/// A layer of the report: operators of one name.
struct Layer {
  std::string name;
  Unit unit = Unit::kPeArray;
  std::int64_t macs = 0;
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
