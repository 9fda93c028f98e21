// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "vitsim/mapping/mapping.h"

#include "mapping_document.h"

/// From YAML to a mapping. Each throws a ConfigError with file, line, what was found and what was
/// expected, the nearest name for one that is unknown.
namespace vitsim::mapping {

/// What the file says, its schema checked, its keys known and its numbers in range.
document::Document read_document(const std::string& path);
/// The operators of the file as indices into Graph::ops: each once.
std::vector<int> read_order(const document::Document& document, const model::Graph& graph);
/// Adds the tiles, stays and groups, with names as indices.
void read_parts(const document::Document& document, const Sequence& sequence,
                const config::Scratchpad& scratchpad, Mapping& mapping);

}  // namespace vitsim::mapping
