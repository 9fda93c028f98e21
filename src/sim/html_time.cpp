// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "vitsim/sim/layer_name.h"

#include "html_parts.h"
#include "html_svg.h"
#include "number_text.h"

namespace vitsim::sim::html {

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

namespace {

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

}  // namespace

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

}  // namespace vitsim::sim::html
