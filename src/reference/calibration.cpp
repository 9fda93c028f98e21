// SPDX-License-Identifier: Apache-2.0
#include "vitsim/reference/calibration.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "vitsim/core/error.h"

namespace vitsim::reference {
namespace {

double largest_magnitude(const std::string& name, MatrixView<const float> tensor) {
  float largest = 0;
  bool finite = true;
  for (std::int64_t r = 0; r < tensor.rows(); ++r) {
    for (const float x : tensor.row(r)) {
      largest = std::max(largest, std::abs(x));
      finite = finite && std::isfinite(x);
    }
  }
  if (!finite) {
    throw ModelError(fmt::format(
        "calibration: tensor '{}': got a value that is not finite, expected a network whose "
        "activations stay within float32",
        name));
  }
  return largest;
}

/// The range that an observed tensor of block `block` ("blocks.i") belongs to, empty if none;
/// `part` is what follows the block's name.
std::string range_in_block(std::string_view block, std::string_view part) {
  if (part.empty() || part == ".residual") {
    return "residual";
  }
  if (part.starts_with(".attn.scores.")) {
    return fmt::format("{}.attn.scores", block);
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

Observer Calibration::observer() {
  return [this](const std::string& name, MatrixView<const float> tensor) {
    const auto see = [&](const std::string& range, MatrixView<const float> part) {
      double& largest = largest_.try_emplace(range, 0.0).first->second;
      largest = std::max(largest, largest_magnitude(name, part));
    };
    constexpr std::string_view kQkv = ".qkv";
    if (name.ends_with(kQkv)) {
      const std::string attention = name.substr(0, name.size() - kQkv.size());
      const std::int64_t third = tensor.cols() / 3;
      see(attention + ".q", tensor.block(0, 0, tensor.rows(), third));
      see(attention + ".k", tensor.block(0, third, tensor.rows(), third));
      see(attention + ".v", tensor.block(0, 2 * third, tensor.rows(), third));
    } else if (const std::string range = range_of(name); !range.empty()) {
      see(range, tensor);
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
