// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "vitsim/sim/trace_run.h"

namespace vitsim::sim {

/// What a check of the trace `file` has found, for people.
std::string check_text(const TraceCheck& check, const std::string& file);

/// Its first line alone, without the file.
std::string check_summary(const TraceCheck& check);

}  // namespace vitsim::sim
