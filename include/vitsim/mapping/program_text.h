// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// The program as text, a command a line, for people: where tensors lie, then unit, operation,
/// operands with their addresses, the tokens it waits for and those it sets.
std::string to_text(const Program& program, const model::Graph& graph);

/// Operands of a command, and where its results go.
std::string work_text(const Command& command, const model::Graph& graph);

/// One line of it.
std::string to_text(const Command& command, const model::Graph& graph);

}  // namespace vitsim::mapping
