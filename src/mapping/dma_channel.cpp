// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/dma_channel.h"

#include <fmt/format.h>

namespace vitsim::mapping {

std::string name_of(Unit unit, int channel) {
  return channel == 0 ? std::string(name_of(unit)) : fmt::format("{}_{}", name_of(unit), channel);
}

int dma_channel(Unit unit, model::TensorId id, model::Role role, int channels) {
  if (channels == 1 || (unit == Unit::kDmaLoad && role == model::Role::kConstant)) {
    return 0;
  }
  return unit == Unit::kDmaStore ? id % channels : 1 + id % (channels - 1);
}

}  // namespace vitsim::mapping
