// SPDX-License-Identifier: Apache-2.0
#include "vitsim/reference/calibration.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "vitsim/core/error.h"

namespace vitsim::reference {
namespace {

/// How far a tensor reaches below and above 0, as magnitudes.
struct Extent {
  float lowest = 0;
  float highest = 0;
  [[nodiscard]] float magnitude() const { return std::max(lowest, highest); }
};

Extent extent_of(const std::string& name, MatrixView<const float> tensor) {
  Extent extent;
  bool finite = true;
  for (std::int64_t r = 0; r < tensor.rows(); ++r) {
    for (const float x : tensor.row(r)) {
      extent.lowest = std::max(extent.lowest, -x);
      extent.highest = std::max(extent.highest, x);
      finite = finite && std::isfinite(x);
    }
  }
  if (!finite) {
    throw ModelError(fmt::format(
        "calibration: tensor '{}': got a value that is not finite, expected a network whose "
        "activations stay within float32",
        name));
  }
  return extent;
}

/// The range that an observed tensor of block `block` ("blocks.i") belongs to, empty if none;
/// `part` is what follows the block's name.
std::string range_in_block(std::string_view block, std::string_view part) {
  if (part.empty() || part == ".residual") {
    return "residual";
  }
  constexpr std::pair<std::string_view, std::string_view> kOfAllHeads[] = {
      {".attn.scores.", ".attn.scores"},
      {".attn.g.", ".attn.g"},
      {".attn.low_rank.", ".attn.context"}};
  for (const auto& [of_head, range] : kOfAllHeads) {
    if (part.starts_with(of_head)) {
      return fmt::format("{}{}", block, range);
    }
  }
  constexpr std::string_view kOwnRange[] = {".norm1", ".attn.context", ".norm2", ".mlp.fc1",
                                            ".mlp.gelu"};
  const bool own = std::ranges::find(kOwnRange, part) != std::end(kOwnRange);
  return own ? fmt::format("{}{}", block, part) : "";
}

std::string range_of(std::string_view name) {
  constexpr std::string_view kBlocks = "blocks.";
  if (name.starts_with(kBlocks)) {
    const std::size_t end = std::min(name.find('.', kBlocks.size()), name.size());
    return range_in_block(name.substr(0, end), name.substr(end));
  }
  if (name == "embedded") {
    return "residual";
  }
  return name == "patch_embed" ? "" : std::string(name);
}

}  // namespace

void Calibration::see(const std::string& range, double magnitude) {
  double& largest = largest_.try_emplace(range, 0.0).first->second;
  largest = std::max(largest, magnitude);
}

void Calibration::see_queries_keys_values(const std::string& name, MatrixView<const float> qkv) {
  const std::string prefix = name.substr(0, name.rfind('.'));
  const std::int64_t width = qkv.cols() / 3;
  for (int third = 0; third < 3; ++third) {
    const std::string range = fmt::format("{}.{}", prefix, "qkv"[third]);
    const Extent extent = extent_of(name, qkv.block(0, third * width, qkv.rows(), width));
    see(range, extent.magnitude());
    if (attention_ == config::Attention::kTaylorReleased && third < 2) {
      see(range + "_lowest", extent.lowest);
      see(range + "_highest", extent.highest);
    }
  }
}

Observer Calibration::observer() {
  return [this](const std::string& name, MatrixView<const float> tensor) {
    if (name.ends_with(".qkv")) {
      see_queries_keys_values(name, tensor);
    } else if (const std::string range = range_of(name); !range.empty()) {
      see(range, extent_of(name, tensor).magnitude());
    }
  };
}

Ranges Calibration::ranges() const {
  Ranges ranges{largest_};
  for (auto& [name, value] : ranges.values) {
    value = std::max(value, kSmallestRange);
  }
  return ranges;
}

}  // namespace vitsim::reference
