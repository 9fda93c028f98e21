// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace vitsim::cli {

/// A configuration of `vitsim compare`, with settings of its own.
struct ComparedConfig {
  std::string file;
  std::vector<std::string> settings;  ///< KEY=VALUE
};

/// "FILE,KEY=VALUE,KEY=VALUE". A comma that no '=' follows before the next one is part of what it
/// stands in: "model.pixel_mean=[0.5,0.5,0.5]" is one setting.
ComparedConfig parse_compared_config(const std::string& argument);

/// What the columns are called: the file's stem and the settings, their keys cut from the left as
/// far as they stay apart; a number where that is the same for several.
std::vector<std::string> column_names(const std::vector<ComparedConfig>& configs);

}  // namespace vitsim::cli
