// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/trace_names.h"

namespace vitsim::sim {

TraceNames trace_names(const model::Graph& graph, const mapping::Program& program,
                       const Machine& machine) {
  TraceNames names;
  names.units = CommandUnits(program).names();
  for (const mapping::Layer& layer : program.layers) {
    names.layers.push_back(layer.name);
  }
  for (const model::Tensor& tensor : graph.tensors) {
    names.tensors.push_back(tensor.name);
  }
  names.scratchpad_requesters = machine.scratchpad_requesters();
  names.dram_requesters = machine.dram_requesters();
  return names;
}

CommandUnits::CommandUnits(const mapping::Program& program) {
  constexpr std::uint8_t kNone = 0xFF;
  for (const mapping::Command& command : program.commands) {
    auto& channels = numbers_[static_cast<std::size_t>(command.unit)];
    const auto channel = static_cast<std::size_t>(command.channel);
    if (channel >= channels.size()) {
      channels.resize(channel + 1, kNone);
    }
    if (channels[channel] == kNone) {
      channels[channel] = static_cast<std::uint8_t>(names_.size());
      names_.push_back(mapping::name_of(command.unit, command.channel));
    }
  }
}

}  // namespace vitsim::sim
