// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "vitsim/sim/run.h"

/// What reports of all commands say about the comparison of integers.
namespace vitsim::sim {

/// `check` of a JSON report, but for figures against the float network.
nlohmann::ordered_json check_json(const CheckResult& check);

/// The lines of the report for people. `what` was compared: "integer", "sum"; `not_compared` is
/// what nobody looks at where nothing was.
std::string check_text(const CheckResult& check, std::string_view what = "integer",
                       std::string_view not_compared = "values");

}  // namespace vitsim::sim
