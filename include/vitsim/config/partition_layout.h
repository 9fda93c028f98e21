// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "vitsim/config/scratchpad.h"
#include "vitsim/core/units.h"

namespace vitsim::config {

/// What a tensor is, as partitions of the scratchpad tell tensors apart.
enum class TensorKind {
  kWeights,      ///< constants: weights, and parameters of channels
  kActivations,  ///< what the layers hand on, the input included
  kScores,       ///< of one head: scores, attention weights, tensors of the Taylor pipeline
};
inline constexpr std::array<std::string_view, 3> kTensorKindNames{"weights", "activations",
                                                                  "scores"};
inline constexpr std::size_t kTensorKinds = kTensorKindNames.size();

/// A stretch of the scratchpad's addresses and the banks that hold it.
struct PartitionRange {
  Bytes address = 0;
  Bytes bytes = 0;
  int first_bank = 0;
  int banks = 0;
};

/// The whole scratchpad, or its partitions in the order of TensorKind, one behind the other. Banks
/// that no key gives away go, after one for each, to the partition that has the most bytes a bank.
/// For configurations that check() lets pass.
std::vector<PartitionRange> partition_layout(const Scratchpad& scratchpad);

}  // namespace vitsim::config
