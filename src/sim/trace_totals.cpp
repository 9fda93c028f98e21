// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/trace_totals.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "vitsim/core/error.h"

namespace vitsim::sim {
namespace {

class Totals {
 public:
  Totals(TraceHeader header, std::string file) : file_(std::move(file)) {
    totals_.layers.resize(header.names.layers.size());
    totals_.units.resize(header.names.units.size());
    open_.resize(header.names.units.size());
    totals_.header = std::move(header);
  }

  void add(const trace::Event& event) {
    totals_.cycles = trace::cycle_of(event) + 1;
    std::visit([this](const auto& one) { take(one); }, event);
  }

  [[nodiscard]] TraceTotals finish() && {
    Cycles finished = 0;
    for (TraceTotals::Layer& layer : totals_.layers) {
      layer.exclusive = std::max<Cycles>(0, layer.end - finished);
      finished = std::max(finished, layer.end);
    }
    return std::move(totals_);
  }

 private:
  struct Open {
    std::int64_t commands = 0;
    Cycles since = 0;
  };

  void expect(bool right, const char* what, std::int64_t number) const {
    if (!right) {
      throw ModelError(fmt::format("{}: got an event of {} {}, expected one that the trace has",
                                   file_, what, number));
    }
  }

  void take(const trace::Released& event) {
    expect(event.unit < totals_.units.size(), "unit", event.unit);
    expect(std::cmp_less(event.layer, totals_.layers.size()), "layer", event.layer);
    totals_.commands[event.command] = {event.unit, event.layer, event.cycle, -1};
    totals_.order.push_back(event.command);
    TraceTotals::Layer& layer = totals_.layers[static_cast<std::size_t>(event.layer)];
    layer.start = layer.start < 0 ? event.cycle : layer.start;
    Open& open = open_[event.unit];
    open.since = open.commands++ == 0 ? event.cycle : open.since;
  }

  void take(const trace::Done& event) {
    const auto found = totals_.commands.find(event.command);
    expect(found != totals_.commands.end() && found->second.done < 0, "command", event.command);
    TraceTotals::Command& command = found->second;
    command.done = event.cycle;
    TraceTotals::Layer& layer = totals_.layers[static_cast<std::size_t>(command.layer)];
    layer.end = std::max(layer.end, event.cycle + 1);
    TraceTotals::Unit& unit = totals_.units[command.unit];
    for (const trace::Stall& stall : event.stalls) {
      unit.stalls[static_cast<std::size_t>(stall.cause)] += stall.cycles;
    }
    Open& open = open_[command.unit];
    if (--open.commands == 0) {
      unit.occupied += event.cycle + 1 - open.since;
    }
  }

  void take(const trace::Tile& event) {
    const auto& names = totals_.header.names.tensors;
    expect(std::cmp_less(event.tensor, names.size()), "tensor", event.tensor);
    TraceTotals::Place place{names[static_cast<std::size_t>(event.tensor)], event.row, event.col,
                             static_cast<std::int64_t>(event.rows.size()), event.cols};
    totals_.tiles.insert_or_assign(place, event);
    totals_.tile_order.push_back(std::move(place));
  }

  void take(const trace::Transaction& /*event*/) {}

  std::string file_;
  TraceTotals totals_;
  std::vector<Open> open_;  ///< by unit
};

}  // namespace

Cycles TraceTotals::Unit::stalled() const {
  return std::accumulate(stalls.begin(), stalls.end(), Cycles{0});
}

TraceTotals read_totals(trace::Reader& reader, const std::string& file) {
  Totals totals(parse_trace_header(reader.header(), file), file);
  while (const auto event = reader.next()) {
    totals.add(*event);
  }
  return std::move(totals).finish();
}

}  // namespace vitsim::sim
