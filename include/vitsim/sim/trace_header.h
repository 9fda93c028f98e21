// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "vitsim/config/accelerator.h"
#include "vitsim/sim/trace_names.h"
#include "vitsim/sim/workload.h"
#include "vitsim/sim/workload_hashes.h"
#include "vitsim/trace/event.h"

namespace vitsim::sim {

/// What a trace is of: all that it takes to repeat its run and to know that it is the same.
struct TraceHeader {
  std::string version;            ///< of the vitsim that recorded it
  trace::Level level{};           ///< of the events
  nlohmann::ordered_json config;  ///< resolved
  nlohmann::ordered_json model;   ///< resolved
  RunFiles files;                 ///< as the user named them
  std::vector<std::string> overrides;
  WorkloadHashes hashes;
  TraceNames names;
};

/// `commands`, `tiles` or `beats`.
std::string_view name_of(trace::Level level);
/// The level of one of these names.
trace::Level level_of(std::string_view name);
std::vector<std::string> level_names();

std::string to_text(const TraceHeader& header);

/// Reads it back; `file` is what errors call the trace. ModelError where it is no header of this
/// kind. The configuration is looked at by config_of() alone, so that traces of other versions can
/// be compared.
TraceHeader parse_trace_header(const std::string& text, const std::string& file);

/// The machine of a trace, with `overrides`. ModelError where this version cannot read it.
config::Config config_of(const TraceHeader& header, const std::string& file,
                         const std::vector<std::string>& overrides);

}  // namespace vitsim::sim
