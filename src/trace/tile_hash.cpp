// SPDX-License-Identifier: Apache-2.0
#include "vitsim/trace/tile_hash.h"

namespace vitsim::trace {
namespace {

constexpr int kRowShift = 56;  ///< to the highest eight bits

}  // namespace

std::uint64_t TileHash::value() const {
  std::uint64_t hash = 0;
  for (const std::uint64_t row : rows_) {
    hash = mixed(hash + row);
  }
  return hash;
}

std::vector<std::uint8_t> TileHash::rows() const {
  std::vector<std::uint8_t> rows;
  rows.reserve(rows_.size());
  for (const std::uint64_t row : rows_) {
    rows.push_back(static_cast<std::uint8_t>(row >> kRowShift));
  }
  return rows;
}

}  // namespace vitsim::trace
