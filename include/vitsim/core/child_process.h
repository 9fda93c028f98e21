// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace vitsim {

/// Runs `body` in a forked child and returns what it returned: SystemC elaborates once a process,
/// so each further machine needs one of its own. Before the first call the process must not have
/// elaborated anything. An Error of the child comes out of this call with its exit code; a child
/// that was killed becomes a SimulationError; Ctrl-C ends the child and becomes Interrupted.
std::string run_in_child(const std::function<std::string()>& body);

}  // namespace vitsim
