// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "vitsim/sweep/effects.h"
#include "vitsim/sweep/spec.h"
#include "vitsim/sweep/store.h"

/// What the report of a sweep shows, taken from its store. A place is that of a point, from 0.
namespace vitsim::sweep {

struct ParameterColumn {
  std::string key;
  Levels levels;
};

struct FigureColumn {
  std::string key;
  std::vector<double> numbers;  ///< NaN where a point has none
};

/// Cycles by operator, summed over the blocks.
struct Breakdown {
  std::size_t place = 0;
  std::vector<std::pair<std::size_t, std::int64_t>> cycles;  ///< a place in `operators`, cycles
};

/// What a step of size costs.
struct MarginalGroup {
  std::string of;    ///< "accelerator.scratchpad.size_kib"
  std::string unit;  ///< "KiB"
  std::vector<MarginalCost> steps;
};

struct ReportData {
  std::vector<Objective> objectives;
  std::vector<std::int64_t> ids;
  std::vector<std::size_t> failed;
  std::vector<std::pair<std::size_t, std::string>> messages;  ///< of the first that failed
  std::vector<ParameterColumn> parameters;
  std::vector<FigureColumn> figures;  ///< the objectives first
  std::vector<std::size_t> front;
  std::vector<std::string> operators;
  std::vector<Breakdown> breakdowns;                      ///< of the front, and of some others
  std::vector<std::vector<std::vector<Effect>>> effects;  ///< by parameter, by objective
  std::vector<MarginalGroup> marginal;                    ///< of the first objective
};

ReportData read_report_data(const Store& store, const std::vector<Objective>& objectives);

/// A layer's name without its encoder block: `blocks.3.attn.qkv` and `block3.attn.qkv` are
/// `attn.qkv`.
std::string operator_of(const std::string& layer);

/// The first `most` bytes of text from outside, where there are more.
std::string cut(const std::string& text, std::size_t most);

}  // namespace vitsim::sweep
