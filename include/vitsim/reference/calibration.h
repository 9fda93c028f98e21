// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/config/model.h"
#include "vitsim/core/matrix.h"
#include "vitsim/reference/network.h"

namespace vitsim::reference {

/// For each quantized tensor the magnitude that maps to the largest integer; the scale at b bits is
/// range / (2^(b-1) - 1). Tensors are named as in Observer; `blocks.i.attn.scores` and
/// `blocks.i.attn.g` stand for all heads; `blocks.i.attn.q`, `.k`, `.v` for the thirds of qkv, and
/// `.q_lowest`, `.q_highest`, `.k_lowest`, `.k_highest` for how far they reach below and above 0;
/// `blocks.i.attn.context` for the released attention's low-rank part, too; `residual` for the
/// whole residual stream (embedded, blocks.i.residual, blocks.i), which has one scale, so that
/// additions need none.
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
  explicit Calibration(config::Attention attention) : attention_(attention) {}
  [[nodiscard]] Observer observer();
  [[nodiscard]] Ranges ranges() const;

 private:
  void see(const std::string& range, double magnitude);
  void see_queries_keys_values(const std::string& name, MatrixView<const float> qkv);

  config::Attention attention_;
  std::map<std::string, double, std::less<>> largest_;
};

/// The names of all ranges that the integer network needs.
std::vector<std::string> range_names(const config::Model& model, config::Attention attention);

/// Ranges for `random:` weights, which no calibration has seen: by kind of tensor, fixed or a
/// formula of the number of tokens.
Ranges fixed_ranges(const config::Model& model, config::Attention attention);

/// Those of one attention alone, of so many tokens; names begin with `name`.
Ranges fixed_attention_ranges(const std::string& name, std::int64_t tokens,
                              config::Attention attention);

/// A scales file: JSON with `schema` ("vitsim.scales/1"), `model`, `attention` (softmax where it is
/// missing) and `ranges`. Reading checks that it is of this model and attention, that every name
/// they need is there, positive and finite, and that there is no other (ModelError); writing is
/// atomic.
Ranges load_ranges(const std::filesystem::path& path, const config::Model& model,
                   config::Attention attention);
void save_ranges(const std::filesystem::path& path, const Ranges& ranges,
                 const config::Model& model, config::Attention attention);

}  // namespace vitsim::reference
