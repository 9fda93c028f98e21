// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "vitsim/config/node.h"

namespace vitsim::config {

/// Refuses what is no text: bytes that are not UTF-8, control characters (yaml-cpp takes 0x04 for
/// the end of the file), and tabs in the indentation, which YAML forbids and yaml-cpp misreads.
void check_text(std::string_view text, const std::shared_ptr<const Source>& source);

}  // namespace vitsim::config
