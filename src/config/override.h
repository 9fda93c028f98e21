// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vitsim/config/node.h"

namespace vitsim::config {

/// True for an override that belongs to the model: "model.depth=2".
bool is_model_override(std::string_view text);

/// Writes "a.b.c=VALUE" into the tree, sections on the way included, so that the reader checks it
/// like any other value. `prefix` ("model." or nothing) is taken off the key. ConfigError where
/// `text` is not KEY=VALUE or VALUE is no YAML.
void apply_override(Node& root, const std::string& text, std::string_view prefix);

}  // namespace vitsim::config
