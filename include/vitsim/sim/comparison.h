// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "vitsim/core/units.h"

/// Runs of several configurations side by side: `vitsim compare`. It works on the JSON reports of
/// the runs, which is how they come out of the processes that they ran in.
namespace vitsim::sim {

struct ComparedRun {
  std::string name;                   ///< of its column
  std::string config;                 ///< the file, as the user named it
  std::vector<std::string> settings;  ///< KEY=VALUE, of this run alone
  nlohmann::ordered_json report;      ///< schema "vitsim.run/1"
};

/// Runs of one model on the same images. The first is what the others are measured by.
struct Comparison {
  std::string model;                  ///< the file, as the user named it
  std::string weights;                ///< of all runs, each once
  std::string input;                  ///< likewise
  std::vector<std::string> settings;  ///< KEY=VALUE, of all runs
  std::vector<ComparedRun> runs;

  /// Over all runs.
  [[nodiscard]] std::int64_t integer_mismatches() const;
};

/// The layers of one kind in all encoder blocks.
struct OperatorCycles {
  std::string name;
  Cycles exclusive_cycles = 0;
};

/// Arithmetic operations of one kind.
struct OperationCount {
  std::string kind;  ///< multiply, add, divide, exp
  std::int64_t image = 0;
  std::int64_t attention = 0;  ///< of those
};

/// What is set side by side of a run. Costs are those of one image; attention is is_attention().
struct Figures {
  std::vector<OperatorCycles> operators;  ///< in the order of the network
  Cycles cycles = 0;
  double seconds = 0;
  Cycles attention_cycles = 0;  ///< a block's from its first layer's start to its last one's end
  double pe_utilization = 0;
  double attention_pe_utilization = 0;  ///< attention's MACs / (PEs x attention_cycles)
  Bytes dram_read_bytes = 0;
  Bytes dram_write_bytes = 0;
  Bytes attention_dram_bytes = 0;
  Bytes scratchpad_read_bytes = 0;
  Bytes scratchpad_write_bytes = 0;
  std::vector<OperationCount> operations;  ///< empty where the report counts none

  std::optional<double> top1;      ///< where images have labels
  std::int64_t float_images = 0;   ///< that the float network has seen
  std::int64_t same_as_float = 0;  ///< of those, where both choose the same class
  std::optional<double> sqnr_db;   ///< of the logits; infinite where there is no error
  std::optional<std::int64_t> integer_mismatches;  ///< where values were compared
};
Figures figures_of(const nlohmann::ordered_json& report);

/// The operators of all runs, in the order of the network: those that only a later run has stand
/// before what they precede there.
std::vector<std::string> operators_of(std::span<const Figures> runs);

/// How many times less the second is. Nothing where one is not known or the second is zero.
std::optional<double> times_less(std::optional<double> first, std::optional<double> second);

/// The JSON report, schema "vitsim.compare/1" (docs/reports.md).
nlohmann::ordered_json comparison_json(const Comparison& comparison);

/// The table for people: a column a run.
std::string comparison_text(const Comparison& comparison);

}  // namespace vitsim::sim
