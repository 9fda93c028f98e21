// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "vitsim/config/accelerator.h"
#include "vitsim/config/model.h"

/// What the `fields()` of the structs say, in the forms in which users read it.
namespace vitsim::config {

/// A configuration file that spells out every value, in the order of the structs, each key with its
/// meaning and, where its part's kind does not read it, with "unused". load_config() reads it back
/// as an equal Config.
std::string to_yaml(const Config& config);

/// The resolved values, for reports; null for an absent part.
nlohmann::ordered_json to_json(const Config& config);
nlohmann::ordered_json to_json(const Model& model);

/// The JSON Schema (draft 2020-12) of a configuration file, for editors.
nlohmann::ordered_json json_schema();

/// Every key of a configuration and, below "model.", of a model file, those of parts included.
std::vector<std::string> all_keys();

/// Every key of a configuration and, below "model.", of a model file with its default, its range
/// and its meaning, as the Markdown table in docs/configuration.md.
std::string markdown_table();

}  // namespace vitsim::config
