// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "vitsim/config/partition_layout.h"

namespace vitsim::config {

/// What the keys say of one partition.
struct PartitionKeys {
  int kib = 0;
  int banks = 0;
};

/// In the order of TensorKind.
constexpr std::array<PartitionKeys, kTensorKinds> keys_of(const Partitions& partitions) {
  return {{{partitions.weights_kib, partitions.weights_banks},
           {partitions.activations_kib, partitions.activations_banks},
           {partitions.scores_kib, partitions.scores_banks}}};
}

/// Sizes, banks, partitions and interleaving against each other. ConfigError with both keys.
void check_scratchpad(const Scratchpad& scratchpad);

}  // namespace vitsim::config
