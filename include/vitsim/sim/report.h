// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "vitsim/sim/run.h"

/// The reports of a run. But for the host's figures they depend on nothing than what was run.
namespace vitsim::sim {

/// `report.json`, schema "vitsim.run/1" (docs/reports.md). Layers and units are those of one image;
/// totals are the sum over all images. Energy and area are null: there is no model of them.
nlohmann::ordered_json report_json(const RunResult& result, const RunFiles& files);

/// `layers.csv`: a line a layer, the columns of the JSON report, one for each cause of stalls that
/// occurs.
std::string layers_csv(const RunResult& result);

/// The report for people: what ran, a table of the layers, totals, check, accuracy. The layers of
/// all encoder blocks are summed up by kind unless `all_layers`.
std::string report_text(const RunResult& result, const RunFiles& files, bool all_layers);

/// The table of `report_text` alone.
std::string layer_table(const RunResult& result, bool all_layers);

/// Images with a label, and how many of them each network gets right.
struct Accuracy {
  std::int64_t labels = 0;
  std::int64_t correct = 0;
  std::int64_t float_runs = 0;  ///< labelled images that the float network has seen
  std::int64_t float_correct = 0;
  std::int64_t agreements = 0;  ///< of those, where both choose the same class
};
Accuracy accuracy_of(const RunResult& result);

}  // namespace vitsim::sim
