// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace vitsim {

/// A NumPy array file as floats.
struct NpyArray {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// Reads a `.npy` file (format 1.0 to 3.0, little-endian, C order, f4, f8, f2, u1 or i1 to i8).
/// ModelError for anything else.
NpyArray load_npy(const std::filesystem::path& path);

}  // namespace vitsim
