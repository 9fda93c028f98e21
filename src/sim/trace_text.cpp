// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/trace_text.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "vitsim/stats/activity.h"

#include "number_text.h"

namespace vitsim::sim {
namespace {

constexpr std::array<std::string_view, trace::kPorts> kPortNames{
    "scratchpad read", "scratchpad write", "dram read", "dram write"};

/// The name of a number of the header, which a file from outside may not have.
std::string name_at(const std::vector<std::string>& names, std::int64_t number) {
  return number < static_cast<std::int64_t>(names.size()) ? names[static_cast<std::size_t>(number)]
                                                          : fmt::format("number {}", number);
}

struct EventText {
  const TraceNames& names;
  const std::function<CommandName(std::int64_t)>& command_name;

  std::string operator()(const trace::Released& event) const {
    return line(event.cycle, name_at(names.units, event.unit), event.command, "released",
                name_at(names.layers, event.layer));
  }

  std::string operator()(const trace::Done& event) const {
    const CommandName name = command_name(event.command);
    std::string text = line(event.cycle, name.unit, event.command, "done", name.layer);
    for (const trace::Stall& stall : event.stalls) {
      text += fmt::format("{} {} {}", &stall == event.stalls.data() ? "; stalled" : ",",
                          grouped(stall.cycles),
                          stats::kStallCauseNames[static_cast<std::size_t>(stall.cause)]);
    }
    return text;
  }

  std::string operator()(const trace::Tile& event) const {
    const auto rows = static_cast<std::int64_t>(event.rows.size());
    return line(event.cycle, command_name(event.command).unit, event.command, "wrote",
                fmt::format("{}[{} to {}, {} to {}], hash {:016x}",
                            name_at(names.tensors, event.tensor), event.row, event.row + rows - 1,
                            event.col, event.col + event.cols - 1, event.hash));
  }

  std::string operator()(const trace::Transaction& event) const {
    const bool scratchpad =
        event.port == trace::Port::kScratchpadRead || event.port == trace::Port::kScratchpadWrite;
    return fmt::format(
        "{:>13}  {:<17} {} of {} bytes at {}, hash {:08x}", grouped(event.cycle),
        name_at(scratchpad ? names.scratchpad_requesters : names.dram_requesters, event.requester),
        kPortNames[static_cast<std::size_t>(event.port)], event.bytes, event.address, event.hash);
  }

  static std::string line(Cycles cycle, const std::string& unit, std::int64_t command,
                          std::string_view what, const std::string& rest) {
    return fmt::format("{:>13}  {:<17} command {} {} {}", grouped(cycle), unit, command, what,
                       rest);
  }
};

}  // namespace

std::string event_text(const trace::Event& event, const TraceNames& names,
                       const std::function<CommandName(std::int64_t)>& command_name) {
  return std::visit(EventText{names, command_name}, event);
}

}  // namespace vitsim::sim
