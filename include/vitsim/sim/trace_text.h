// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "vitsim/sim/trace_names.h"
#include "vitsim/trace/event.h"

namespace vitsim::sim {

/// Unit and layer of a command, for events that do not say them; empty where they are not known.
struct CommandName {
  std::string unit;
  std::string layer;
};

/// An event in a line: cycle, unit, what happened.
std::string event_text(const trace::Event& event, const TraceNames& names,
                       const std::function<CommandName(std::int64_t)>& command_name);

}  // namespace vitsim::sim
