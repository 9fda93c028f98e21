// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/config/model.h"

/// YAML to typed structs, once. ConfigError for whatever is wrong with a configuration, ModelError
/// for whatever is wrong with a model file; both name file, line and path of the key, what was
/// found, what was expected and, for unknown names, the nearest valid one.
namespace vitsim::config {

/// The machine of `path` with `overrides` ("accelerator.pe_array.rows=32") applied in order.
/// Overrides of model keys ("model.depth=2") are left to load_model().
Config load_config(const std::filesystem::path& path, const std::vector<std::string>& overrides);

/// load_config() of text that is in memory already; `name` is what errors call it.
Config parse_config(const std::string& yaml, const std::string& name,
                    const std::vector<std::string>& overrides);

/// The model of `path` with the overrides that begin with "model." applied, ConfigError where one
/// of them is at fault. `weights` and `scales` of the file are made relative to the current
/// directory, to which those of an override are relative as they stand.
Model load_model(const std::filesystem::path& path, const std::vector<std::string>& overrides);

/// What no single field can say: fused kinds, widths against each other. ConfigError with both
/// keys. load_config() ends with it.
void check(const Config& config);

/// The same for machines that are to compute this attention, whose products have other widths.
void check_attention(const Config& config, Attention attention);

}  // namespace vitsim::config
