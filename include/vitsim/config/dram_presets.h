// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "vitsim/config/dram_device.h"

namespace vitsim::config {

enum class DramKind {
  kIdeal,
  kSimple,
  kDdr4At2400,
  kDdr4At3200,
  kLpddr4At3200,
  kLpddr5At6400,
  kHbm2
};
inline constexpr std::array kDramKindNames{EnumName{"ideal", DramKind::kIdeal},
                                           EnumName{"simple", DramKind::kSimple},
                                           EnumName{"ddr4_2400", DramKind::kDdr4At2400},
                                           EnumName{"ddr4_3200", DramKind::kDdr4At3200},
                                           EnumName{"lpddr4_3200", DramKind::kLpddr4At3200},
                                           EnumName{"lpddr5_6400", DramKind::kLpddr5At6400},
                                           EnumName{"hbm2", DramKind::kHbm2}};

/// The parameters of a kind with banks, each with its source in dram_presets.cpp; null for the
/// others.
const DramDevice* dram_preset(DramKind kind);

}  // namespace vitsim::config
