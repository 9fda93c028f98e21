// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/program.h"

namespace vitsim::sim {

/// A part of the product that the array takes as one command.
struct GemmPart {
  std::int64_t m = 0;  ///< first row, k and column
  std::int64_t k = 0;
  std::int64_t n = 0;
  mapping::Command command;
  [[nodiscard]] const model::GemmShape& shape() const {
    return std::get<mapping::MatmulTile>(command.work).shape;
  }
};

/// The parts of a product, as wide as the array where they must be, else whole; along K as long as
/// a row-wise array's row buffer holds.
std::vector<GemmPart> gemm_parts(const model::GemmShape& all, const config::PeArray& array);

}  // namespace vitsim::sim
