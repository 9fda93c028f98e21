// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "vitsim/model/graph.h"

namespace vitsim::model {

/// One product to be simulated: `vitsim gemm`.
struct GemmLayer {
  std::string name;
  GemmShape shape;
  std::string where;       ///< what the user wrote it in: "FILE, line 3"
  bool from_file = false;  ///< else on the command line
};

/// The largest M, K or N.
inline constexpr std::int64_t kMaxGemmSide = (std::int64_t{1} << 31) - 1;

/// SCALE-Sim's GEMM topology: a header that names the columns M, N and K behind that of the layers'
/// names, then a line a layer; lines may end in a comma. ModelError with file, line and column.
std::vector<GemmLayer> load_gemm_topology(const std::filesystem::path& path);

}  // namespace vitsim::model
