// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/report_html.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vitsim/sim/layer_name.h"
#include "vitsim/sim/layer_rows.h"
#include "vitsim/timing/array.h"

#include "number_text.h"
#include "pe_table.h"

namespace vitsim::sim {
namespace {

constexpr int kWidth = 960;
constexpr int kLabelWidth = 150;
constexpr int kBarWidth = kWidth - kLabelWidth;

/// As many as a network with Taylor attention has kinds of operators, and a few more.
constexpr std::array<std::string_view, 22> kPalette{
    "#4878a8", "#e8883a", "#5aa469", "#c8504b", "#8a6fb0", "#8c6b5d", "#d98cb3", "#7f8c8d",
    "#b8b13f", "#3fa9b8", "#2f4b6e", "#d4b483", "#9bbf85", "#1b998b", "#e0b0d5", "#4b6043",
    "#f2c14e", "#6a4c93", "#1f7a8c", "#e07a5f", "#a3b1c6", "#5c3d2e"};
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

constexpr std::string_view kStyle = R"(<style>
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 960px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; margin-bottom: .2em; } h2 { font-size: 1.1em; margin: 1.8em 0 .4em; }
p.what { color: #555; margin: .2em 0 .6em; }
.facts { display: flex; flex-wrap: wrap; gap: .6em; margin: 1em 0; }
.facts div { background: #f4f6f8; border-radius: 6px; padding: .5em .9em; }
.facts b { display: block; font-size: 1.25em; }
.legend span { display: inline-block; margin-right: 1em; white-space: nowrap; }
.legend i { display: inline-block; width: .8em; height: .8em; margin-right: .35em; border-radius: 2px; }
svg { display: block; max-width: 100%; height: auto; font: 12px system-ui, sans-serif; }
table { border-collapse: collapse; font-size: 13px; } th, td { padding: .15em .6em; text-align: right; }
th:first-child, td:first-child { text-align: left; } tr:nth-child(even) { background: #f7f8f9; }
.bad { color: #b3261e; }
</style>
)";

/// Text from files, harmless in a page.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// The colour of the `index`th kind of operator.
std::string_view colour_of(std::size_t index) { return kPalette[index % kPalette.size()]; }

double share(Cycles part, Cycles whole) {
  return static_cast<double>(part) / static_cast<double>(std::max<Cycles>(whole, 1));
}

std::string percent(Cycles part, Cycles whole) {
  return fmt::format("{:.1f} %", 100 * share(part, whole));
}

/// A rectangle with a text that shows when the pointer is on it.
std::string rect(double x, double y, double width, double height, std::string_view colour,
                 const std::string& title) {
  return fmt::format(
      R"(<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" fill="{}"><title>{}</title></rect>)"
      "\n",
      x, y, width, height, colour, escaped(title));
}

std::string label(double y, std::string_view text) {
  return fmt::format(R"(<text x="{}" y="{:.1f}" text-anchor="end" fill="#444">{}</text>)"
                     "\n",
                     kLabelWidth - 8, y, escaped(text));
}

std::string svg(double height, const std::string& content) {
  return fmt::format(R"(<svg viewBox="0 0 {} {:.0f}" role="img">)"
                     "\n{}</svg>\n",
                     kWidth, height, content);
}

std::string fact(std::string_view name, const std::string& value, bool bad = false) {
  return fmt::format("<div{}><b>{}</b>{}</div>\n", bad ? " class=\"bad\"" : "", value, name);
}

std::string facts(const RunResult& result) {
  const auto cycles = static_cast<double>(result.timing.cycles);
  const double utilization = timing::pe_utilization(
      mapping::total_macs(result.layers), result.timing.cycles, result.config.accelerator.pe_array);
  std::string text = "<div class=\"facts\">\n";
  text += fact("cycles an image", grouped(result.timing.cycles));
  text += fact("ms an image",
               fmt::format("{:.3f}", cycles / (result.config.accelerator.clock_mhz * 1e3)));
  text += fact("of the array's MACs used", fmt::format("{:.1f} %", 100 * utilization));
  text += fact(result.images == 1 ? "image" : "images", fmt::format("{}", result.images));
  if (result.check.kind == Check::kExact) {
    text += fact("integers compared", grouped(result.check.values_compared));
    text += fact("mismatches", grouped(result.check.integer_mismatches),
                 result.check.integer_mismatches > 0);
  }
  return text + "</div>\n";
}

/// A bar for each kind of operator, as long as its share of the image.
std::string time_by_kind(const RunResult& result, const std::vector<LayerRow>& kinds) {
  constexpr int kRow = 22;
  constexpr double kNumberWidth = 150;
  const Cycles longest = std::ranges::max(kinds, {}, &LayerRow::exclusive).exclusive;
  std::string content;
  double y = 0;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const LayerRow& kind = kinds[i];
    const double width = (kBarWidth - kNumberWidth) * share(kind.exclusive, longest);
    content += label(y + 14, kind.name);
    content +=
        rect(kLabelWidth, y + 2, std::max(width, 1.0), kRow - 6, colour_of(i),
             fmt::format("{}: {} cycles in {} layers", kind.name, kind.exclusive, kind.layers));
    content += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" fill="#444">{} &#183; {}</text>)"
                           "\n",
                           kLabelWidth + width + 6, y + 14, grouped(kind.exclusive),
                           percent(kind.exclusive, result.timing.cycles));
    y += kRow;
  }
  return svg(y, content);
}

/// A stretch of a bar.
struct Part {
  std::string name;
  std::string_view colour;
  std::int64_t amount;
  std::string title;  ///< shows when the pointer is on it
};

constexpr int kBarRow = 26;

/// Parts side by side in row `row`, as long as their share of `total`.
std::string stacked_bar(std::int64_t row, const std::string& name, const std::vector<Part>& parts,
                        std::int64_t total) {
  const auto y = static_cast<double>(row * kBarRow);
  std::string content = label(y + 16, name);
  double x = kLabelWidth;
  for (const Part& part : parts) {
    const double width = kBarWidth * share(part.amount, total);
    content += rect(x, y + 3, width, kBarRow - 8, part.colour, name + ": " + part.title);
    x += width;
  }
  return content;
}

/// The bars of `rows` rows under their legend, which has each name once.
std::string bars_with_legend(std::int64_t rows, const std::string& bars,
                             const std::vector<Part>& parts) {
  std::string text = "<p class=\"legend\">";
  for (auto part = parts.begin(); part != parts.end(); ++part) {
    if (std::none_of(parts.begin(), part,
                     [&](const Part& known) { return known.name == part->name; })) {
      text +=
          fmt::format("<span><i style=\"background:{}\"></i>{}</span> ", part->colour, part->name);
    }
  }
  return text + "</p>\n" + svg(static_cast<double>(rows * kBarRow), bars);
}

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

/// Where the array's PE-cycles went, for the products of each kind and the whole image.
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

/// Puts layers of one unit that overlap into lanes, each into the first that is free.
class Lanes {
 public:
  std::size_t lane_of(const LayerRow& layer) {
    const auto free = std::ranges::find_if(ends_, [&](Cycles end) { return end <= layer.start; });
    const std::size_t lane = static_cast<std::size_t>(free - ends_.begin());
    if (free == ends_.end()) {
      ends_.push_back(layer.end);
    } else {
      *free = layer.end;
    }
    return lane;
  }
  [[nodiscard]] std::size_t count() const { return ends_.size(); }

 private:
  std::vector<Cycles> ends_;
};

/// A unit's row of the timeline.
struct TimelineRow {
  std::string_view unit;
  std::vector<std::pair<const LayerRow*, std::size_t>> layers;  ///< with their lanes
  Lanes lanes;
};

std::vector<TimelineRow> timeline_rows(const std::vector<LayerRow>& layers) {
  std::vector<TimelineRow> rows;
  for (const LayerRow& layer : layers) {
    auto row = std::ranges::find(rows, layer.unit, &TimelineRow::unit);
    if (row == rows.end()) {
      row = rows.insert(row, {layer.unit, {}, {}});
    }
    row->layers.emplace_back(&layer, 0);
  }
  for (TimelineRow& row : rows) {
    std::ranges::stable_sort(row.layers, {}, [](const auto& entry) { return entry.first->start; });
    for (auto& [layer, lane] : row.layers) {
      lane = row.lanes.lane_of(*layer);
    }
  }
  return rows;
}

/// Every layer from its first command to its last, in the row of its unit.
std::string timeline(const RunResult& result, const std::vector<LayerRow>& layers,
                     const std::vector<LayerRow>& kinds) {
  constexpr double kBar = 10;
  constexpr double kLane = kBar + 1;
  constexpr double kGap = 8;
  const Cycles total = result.timing.cycles;
  std::string content;
  double height = kGap / 2;
  for (const TimelineRow& row : timeline_rows(layers)) {
    const double lanes = static_cast<double>(row.lanes.count()) * kLane;
    content += label(height + lanes / 2 + 4, row.unit);
    for (const auto& [layer, lane] : row.layers) {
      const auto kind = std::ranges::find(kinds, kind_of(layer->name), &LayerRow::name);
      content += rect(kLabelWidth + kBarWidth * share(layer->start, total),
                      height + static_cast<double>(lane) * kLane,
                      std::max(0.5, kBarWidth * share(layer->cycles, total)), kBar,
                      colour_of(static_cast<std::size_t>(kind - kinds.begin())),
                      fmt::format("{}: cycles {} to {}", layer->name, layer->start, layer->end));
    }
    height += lanes + kGap;
  }
  content += fmt::format(R"(<text x="{}" y="{:.0f}" fill="#777">0</text>)"
                         R"(<text x="{}" y="{:.0f}" fill="#777" text-anchor="end">{} cycles</text>)"
                         "\n",
                         kLabelWidth, height + 14, kWidth, height + 14, grouped(total));
  return svg(height + 18, content);
}

/// Cells of a layer's SQNR, empty where the float network has no such layer.
std::string error_cells(const CheckResult& check, const std::string& layer, bool with_softmax) {
  const auto error = std::ranges::find(check.layers, layer, &LayerError::name);
  const bool known = error != check.layers.end();
  const auto cell = [](const ErrorFigure& figure) {
    return fmt::format("<td>{:.1f}</td>", figure.sqnr_db());
  };
  std::string cells = known ? cell(error->figure) : "<td></td>";
  if (with_softmax) {
    cells += known && error->against_softmax ? cell(*error->against_softmax) : "<td></td>";
  }
  return cells;
}

std::string table(const RunResult& result, const std::vector<LayerRow>& layers) {
  const bool with_softmax = std::ranges::any_of(result.check.layers, [](const LayerError& layer) {
    return layer.against_softmax.has_value();
  });
  std::string text =
      "<table><tr><th>layer</th><th>unit</th><th>start</th><th>end</th><th>exclusive</th>"
      "<th>busy</th><th>MACs</th><th>DRAM read</th><th>DRAM written</th><th>SQNR dB</th>";
  text += with_softmax ? "<th>to softmax</th></tr>\n" : "</tr>\n";
  for (const LayerRow& layer : layers) {
    text += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{}</td><td>{}</td>{}</tr>\n",
        escaped(layer.name), layer.unit, layer.start, layer.end, layer.exclusive,
        layer.activity.busy, layer.macs, layer.dram_read_bytes, layer.dram_write_bytes,
        error_cells(result.check, layer.name, with_softmax));
  }
  return text + "</table>\n";
}

}  // namespace

std::string to_html(const RunResult& result) {
  const std::vector<LayerRow> layers = layer_rows(result);
  const std::vector<LayerRow> kinds = fold_blocks(layers, result);
  const auto& array = result.config.accelerator.pe_array;
  const std::string title =
      fmt::format("{} on a {}", escaped(result.model.name), array_text(array));
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>vitsim: " + title +
      "</title>\n";
  page += kStyle;
  page += "</head><body>\n<h1>" + title + "</h1>\n";
  page += fmt::format("<p class=\"what\">{} attention, {} KiB scratchpad, {:g} MHz</p>\n",
                      config::name_of(config::kAttentionNames, result.attention),
                      result.config.accelerator.scratchpad.size_kib,
                      result.config.accelerator.clock_mhz);
  page += facts(result);
  page +=
      "<h2>Where the time goes</h2>\n<p class=\"what\">Cycles in which an operator was the oldest "
      "unfinished one, over all blocks; they add up to an image.</p>\n";
  page += time_by_kind(result, kinds);
  page += fmt::format(
      "<h2>Where the PEs' cycles go</h2>\n<p class=\"what\">{} PEs, in all cycles from a layer's "
      "first command to its last.</p>\n",
      grouped(pe_count(result)));
  page += pe_bars(result, kinds);
  page +=
      "<h2>What each unit does</h2>\n<p class=\"what\">All cycles of an image. wait_X: the next "
      "command waits for unit X.</p>\n";
  page += unit_bars(result);
  page +=
      "<h2>Timeline</h2>\n<p class=\"what\">Each layer from the release of its first command, "
      "loads "
      "included, to the end of its last. Point at a bar.</p>\n";
  page += timeline(result, layers, kinds);
  page += "<h2>Layers</h2>\n";
  page += table(result, layers);
  return page + "</body></html>\n";
}

}  // namespace vitsim::sim
