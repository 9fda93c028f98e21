// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace vitsim::sim {

/// The version of vitsim, as reports carry it: "0.1.0".
std::string_view version();

}  // namespace vitsim::sim
