// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "node.h"

namespace vitsim::config {

inline constexpr std::size_t kMaxYamlBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxYamlDepth = 32;

/// One YAML document as a tree; null where `text` holds none. Refused: more than kMaxYamlBytes or
/// kMaxYamlDepth, anchors and aliases (and with them cycles), tags, several documents, keys that
/// are no plain text, and keys given twice, which are named below `path`.
Node parse_yaml(const std::string& text, const std::shared_ptr<const Source>& source,
                const std::string& path);

}  // namespace vitsim::config
