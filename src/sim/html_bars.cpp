// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "html_parts.h"
#include "html_svg.h"
#include "pe_table.h"

namespace vitsim::sim::html {
namespace {

/// By StallCause: what happens inside the array, at memories, and (pale) waits for other units.
constexpr std::array<std::string_view, stats::kStallCauseCount> kCauseColours{
    "#e8883a", "#c8504b", "#8a6fb0", "#5e4b8b", "#8c6b5d", "#5aa469", "#2e7d4f",
    "#b8b13f", "#f3c9a0", "#f0e2a8", "#bcd3ea", "#e6bcd0", "#d5c7e8", "#bfe0c8",
    "#d9d2c5", "#a9dadd", "#f4b9b4", "#cfd99a", "#c3b3a7", "#2b8a99"};
static_assert(!kCauseColours.back().empty());
/// By PeUse.
constexpr std::array<std::string_view, stats::kPeUseCount> kPeUseColours{
    "#2f7d4f", "#a9d18e", "#c8504b", "#e8883a", "#4878a8", "#8a6fb0", "#cfd8dc", "#eceff1"};
constexpr std::string_view kBusyColour = "#4878a8";
constexpr std::string_view kIdleColour = "#eceff1";

/// What a unit did in all cycles of the image, busy first, idle last.
std::vector<Part> parts_of(const stats::CycleCount& count, Cycles total) {
  std::vector<Part> parts;
  const auto add = [&](std::string_view name, std::string_view colour, Cycles cycles) {
    parts.push_back({std::string(name), colour, cycles,
                     fmt::format("{} {} cycles, {}", name, cycles, percent(cycles, total))});
  };
  add("busy", kBusyColour, count.busy);
  for (std::size_t cause = 0; cause < count.stalls.size(); ++cause) {
    if (count.stalls[cause] > 0) {
      add(stats::kStallCauseNames[cause], kCauseColours[cause], count.stalls[cause]);
    }
  }
  add("idle", kIdleColour, total - count.total());
  return parts;
}

/// Every use of PE-cycles, whether there are any or not.
std::vector<Part> parts_of(const stats::PeCycles& pe_cycles) {
  std::vector<Part> parts;
  for (std::size_t use = 0; use < stats::kPeUseCount; ++use) {
    const std::string name = pe_use_words(use);
    parts.push_back({name, kPeUseColours[use], pe_cycles.uses[use],
                     name + " " + percent(pe_cycles.uses[use], pe_cycles.total())});
  }
  return parts;
}

}  // namespace

std::string unit_bars(const RunResult& result) {
  std::string bars;
  std::int64_t rows = 0;
  std::vector<Part> all;
  for (const UnitReport& unit : result.timing.units) {
    if (unit.has_activity) {
      const std::vector<Part> parts = parts_of(unit.activity, result.timing.cycles);
      bars += stacked_bar(rows++, unit.name, parts, result.timing.cycles);
      all.insert(all.end(), parts.begin(), parts.end());
    }
  }
  return bars_with_legend(rows, bars, all);
}

std::string pe_bars(const RunResult& result, const std::vector<LayerRow>& kinds) {
  std::string bars;
  std::int64_t rows = 0;
  const auto add_bar = [&](const std::string& name, const stats::PeCycles& pe_cycles) {
    bars += stacked_bar(rows++, name, parts_of(pe_cycles), pe_cycles.total());
  };
  for (const LayerRow& kind : kinds) {
    if (kind.macs > 0) {
      add_bar(kind.name, kind.pe_cycles);
    }
  }
  add_bar("one image", result.timing.pe_cycles);
  return bars_with_legend(rows, bars, parts_of(result.timing.pe_cycles));
}

}  // namespace vitsim::sim::html
