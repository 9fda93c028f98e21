// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"
#include "vitsim/sim/machine.h"

namespace vitsim::sim {

/// What the numbers in a trace's events stand for.
struct TraceNames {
  std::vector<std::string> units;
  std::vector<std::string> layers;
  std::vector<std::string> tensors;
  std::vector<std::string> scratchpad_requesters;
  std::vector<std::string> dram_requesters;
};

TraceNames trace_names(const model::Graph& graph, const mapping::Program& program,
                       const Machine& machine);

/// The units that a program has commands for, channels apart, numbered by their first command.
class CommandUnits {
 public:
  explicit CommandUnits(const mapping::Program& program);
  [[nodiscard]] std::uint8_t number_of(const mapping::Command& command) const {
    return numbers_[static_cast<std::size_t>(command.unit)]
                   [static_cast<std::size_t>(command.channel)];
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::array<std::vector<std::uint8_t>, mapping::kUnitCount> numbers_;  ///< by channel
  std::vector<std::string> names_;
};

}  // namespace vitsim::sim
