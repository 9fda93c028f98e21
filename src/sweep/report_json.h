// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report_data.h"

namespace vitsim::sweep {

/// What the page knows beside the points.
struct ReportTexts {
  std::string name;
  std::string file;
  std::string version;
  std::string spec;  ///< the sweep's YAML
};

/// The data of a page as JSON, columns as arrays, in which no `<` stands: it may stand in a
/// <script>.
std::string report_json(const ReportData& data, const ReportTexts& texts);

}  // namespace vitsim::sweep
