// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/kernels/gemm_tile.h"

namespace vitsim::kernels {

/// The tiles for vector instructions of x86 that this processor has, the fastest first; none on
/// other processors.
std::vector<GemmTile> x86_gemm_tiles();

}  // namespace vitsim::kernels
