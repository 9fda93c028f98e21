// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "vitsim/sweep/spec.h"
#include "vitsim/sweep/store.h"

namespace vitsim::sweep {

/// The objectives of a report: those that were asked for, else those of the sweep, else few cycles
/// and few PEs, of which the store has numbers. ConfigError where one that was asked for is no
/// column, with the nearest; ModelError, with `file`, where what the store says is no list.
std::vector<Objective> report_objectives(const Store& store, const std::vector<Objective>& asked,
                                         const std::string& file);

/// A page that shows a sweep, and what it shows.
struct ReportPage {
  std::string html;
  std::size_t points = 0;
  std::size_t failed = 0;
  std::size_t front = 0;
};

/// One HTML file with all it needs in it: Chart.js, the points, our own script. Of the store's
/// columns it has the parameters, the objectives and a few figures; of layers those of the front
/// and of some other points. `file` is how the page calls the store.
ReportPage report_page(const Store& store, const std::vector<Objective>& objectives,
                       const std::string& file);

}  // namespace vitsim::sweep
