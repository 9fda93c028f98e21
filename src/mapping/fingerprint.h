// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// Sixteen hexadecimal digits that tell networks apart for a mapping: names, shapes and element
/// widths of all tensors and operators, what operators read and write, and where tensors may be.
/// Values of weights, scales and the machine have no part in it. The 64-bit FNV-1a hash.
std::string fingerprint(const model::Graph& graph);

}  // namespace vitsim::mapping
