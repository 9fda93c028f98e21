// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "vitsim/sweep/store.h"

namespace vitsim::sweep {

/// What a store keeps of a point's report.
struct Figures {
  std::vector<Named> numbers;  ///< under their paths: "totals.cycles"
  std::vector<LayerResult> layers;
};

/// Every number of a report (docs/reports.md) that stands in no list, but what is of the host, and
/// its layers.
Figures figures_of(const nlohmann::ordered_json& report);

/// The number of this name.
std::optional<double> find(const std::vector<Named>& numbers, const std::string& name);

/// As a child sends them to its parent, and back. ModelError where it is something else.
std::string to_text(const Figures& figures);
Figures figures_in(const std::string& text);

}  // namespace vitsim::sweep
