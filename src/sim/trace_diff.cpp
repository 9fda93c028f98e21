// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/trace_diff.h"

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "differing_keys.h"

namespace vitsim::sim {
namespace {

using Row = TraceDiff::Row;

/// Rows of what both have by name, in the order of the first, then what only the second has.
class Rows {
 public:
  void add_before(const std::string& name, Cycles cycles) { at(name).before += cycles; }
  void add_after(const std::string& name, Cycles cycles) { at(name).after += cycles; }
  [[nodiscard]] std::vector<Row> take() && { return std::move(rows_); }

 private:
  Row& at(const std::string& name) {
    const auto [place, is_new] = places_.try_emplace(name, rows_.size());
    if (is_new) {
      rows_.push_back({name, 0, 0});
    }
    return rows_[place->second];
  }

  std::vector<Row> rows_;
  std::map<std::string, std::size_t> places_;
};

/// Rows of things that have names in both headers; `cycles_of(totals, i)` is that of one.
template <class CyclesOf>
std::vector<Row> named_rows(const TraceTotals& before, const TraceTotals& after,
                            std::vector<std::string> TraceNames::*names,
                            const CyclesOf& cycles_of) {
  Rows rows;
  for (std::size_t i = 0; i < (before.header.names.*names).size(); ++i) {
    rows.add_before((before.header.names.*names)[i], cycles_of(before, i));
  }
  for (std::size_t i = 0; i < (after.header.names.*names).size(); ++i) {
    rows.add_after((after.header.names.*names)[i], cycles_of(after, i));
  }
  return std::move(rows).take();
}

void add_stalls(const TraceTotals& totals,
                const std::function<void(const std::string&, Cycles)>& add) {
  for (std::size_t i = 0; i < totals.units.size(); ++i) {
    for (std::size_t cause = 0; cause < stats::kStallCauseCount; ++cause) {
      if (totals.units[i].stalls[cause] != 0) {
        add(fmt::format("{}: {}", totals.header.names.units[i], stats::kStallCauseNames[cause]),
            totals.units[i].stalls[cause]);
      }
    }
  }
}

std::vector<Row> stall_rows(const TraceTotals& before, const TraceTotals& after) {
  Rows rows;
  add_stalls(before,
             [&](const std::string& name, Cycles cycles) { rows.add_before(name, cycles); });
  add_stalls(after, [&](const std::string& name, Cycles cycles) { rows.add_after(name, cycles); });
  return std::move(rows).take();
}

void compare_commands(const TraceTotals& before, const TraceTotals& after, TraceDiff& diff) {
  for (const std::int64_t number : before.order) {
    const TraceTotals::Command& was = before.commands.at(number);
    const auto now = after.commands.find(number);
    const bool moved = now == after.commands.end() || now->second.released != was.released ||
                       now->second.done != was.done;
    if (moved && ++diff.commands_moved == 1 && now != after.commands.end()) {
      diff.first_moved = {number, was, now->second};
    }
  }
}

void compare_tiles(const TraceTotals& before, const TraceTotals& after, TraceDiff& diff) {
  for (const TraceTotals::Place& place : before.tile_order) {
    const auto now = after.tiles.find(place);
    if (now == after.tiles.end()) {
      continue;
    }
    ++diff.tiles_compared;
    const trace::Tile& was = before.tiles.at(place);
    if (was.hash == now->second.hash || ++diff.tiles_changed > 1) {
      continue;
    }
    const auto row = std::ranges::mismatch(was.rows, now->second.rows).in1 - was.rows.begin();
    const bool known = row < static_cast<std::ptrdiff_t>(was.rows.size());
    diff.first_changed = {std::get<0>(place), was.row + (known ? row : 0), was, now->second};
  }
}

}  // namespace

TraceDiff diff(const TraceTotals& before, const TraceTotals& after) {
  TraceDiff diff;
  for (const auto& [a, b] : {std::pair(&before.header.config, &after.header.config),
                             std::pair(&before.header.model, &after.header.model)}) {
    for (const DifferingKey& key : differing_keys(*a, *b)) {
      diff.settings.push_back(fmt::format("{}: {} / {}", key.name, key.before, key.after));
    }
  }
  diff.same_program = before.header.hashes.program == after.header.hashes.program;
  diff.same_weights = before.header.hashes.weights == after.header.hashes.weights &&
                      before.header.hashes.scales == after.header.hashes.scales;
  diff.same_input = before.header.hashes.input == after.header.hashes.input;
  diff.total = {"total", before.cycles, after.cycles};
  diff.layers = named_rows(
      before, after, &TraceNames::layers,
      [](const TraceTotals& totals, std::size_t i) { return totals.layers[i].exclusive; });
  diff.units =
      named_rows(before, after, &TraceNames::units,
                 [](const TraceTotals& totals, std::size_t i) { return totals.units[i].occupied; });
  diff.stalls = stall_rows(before, after);
  if (diff.same_program) {
    compare_commands(before, after, diff);
  }
  compare_tiles(before, after, diff);
  return diff;
}

}  // namespace vitsim::sim
