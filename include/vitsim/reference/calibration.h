// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vitsim/config/model.h"
#include "vitsim/core/matrix.h"
#include "vitsim/reference/network.h"

namespace vitsim::reference {

/// For each quantized tensor the magnitude that maps to the largest integer; the scale at b bits is
/// range / (2^(b-1) - 1). Tensors are named as in Observer; `blocks.i.attn.scores` stands for all
/// heads; `blocks.i.attn.q`, `.k`, `.v` for the thirds of qkv; `residual` for the whole residual
/// stream (embedded, blocks.i.residual, blocks.i), which has one scale, so that additions need
/// none.
struct Ranges {
  std::map<std::string, double, std::less<>> values;
  /// ModelError that names the tensor where there is none.
  [[nodiscard]] double at(std::string_view name) const;
};

/// Where a tensor was smaller than this in every image (an all-zero one, say), its range is this: a
/// scale must be positive.
inline constexpr double kSmallestRange = 1e-6;

/// Gathers ranges over many images: feed observer() to run_network() for each. The observer throws
/// a ModelError that names the tensor where a value is not finite; it must not outlive this object.
class Calibration {
 public:
  [[nodiscard]] Observer observer();
  [[nodiscard]] Ranges ranges() const;

 private:
  std::map<std::string, double, std::less<>> largest_;
};

/// The names that a model with softmax attention needs.
std::vector<std::string> range_names(const config::Model& model);

/// Ranges for `random:` weights, which no calibration has seen: fixed numbers by kind of tensor.
Ranges fixed_ranges(const config::Model& model);

/// A scales file: JSON with `schema` ("vitsim.scales/1"), `model` and `ranges`. Reading checks that
/// it is of this model, that every name the model needs is there, positive and finite, and that
/// there is no other (ModelError); writing is atomic.
Ranges load_ranges(const std::filesystem::path& path, const config::Model& model);
void save_ranges(const std::filesystem::path& path, const Ranges& ranges,
                 const config::Model& model);

}  // namespace vitsim::reference
