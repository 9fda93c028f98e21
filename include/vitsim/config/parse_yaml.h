// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "vitsim/config/node.h"

namespace vitsim::config {

inline constexpr std::size_t kMaxYamlBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxYamlDepth = 32;

/// One YAML document as a tree; null where `text` holds none. Refused: more than `max_bytes` or
/// kMaxYamlDepth, anchors and aliases (and with them cycles), tags, several documents, keys that
/// are no plain text, and keys given twice, which are named below `path`.
Node parse_yaml(const std::string& text, const std::shared_ptr<const Source>& source,
                const std::string& path, std::size_t max_bytes = kMaxYamlBytes);

/// The same for a document that must be a map.
Node parse_yaml_map(const std::string& text, const std::shared_ptr<const Source>& source,
                    const std::string& path, std::size_t max_bytes = kMaxYamlBytes);

/// All of a file that is to be parsed. ConfigError or ModelError, as the source is, where it cannot
/// be read or is larger than `max_bytes`.
std::string read_yaml_file(const Source& source, std::size_t max_bytes = kMaxYamlBytes);

}  // namespace vitsim::config
