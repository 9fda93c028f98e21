// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/version.h"

namespace vitsim::sim {

std::string_view version() { return VITSIM_VERSION; }

}  // namespace vitsim::sim
