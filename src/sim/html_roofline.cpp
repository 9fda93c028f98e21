// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "vitsim/core/text.h"
#include "vitsim/sim/memory_rows.h"

#include "html_parts.h"
#include "html_svg.h"
#include "number_text.h"

namespace vitsim::sim::html {
namespace {

std::string rounded(double number) { return grouped(std::llround(number)); }

/// A logarithmic axis from `low` to `high`, drawn from `from` to `to`.
struct LogAxis {
  double low = 1;
  double high = 10;
  double from = 0;
  double to = 0;
  [[nodiscard]] double at(double value) const {
    const double clamped = std::clamp(value, low, high);
    return from + (to - from) * std::log(clamped / low) / std::log(high / low);
  }
  /// Powers of ten inside.
  [[nodiscard]] std::vector<double> ticks() const {
    std::vector<double> found;
    for (double tick = std::pow(10, std::ceil(std::log10(low) - 1e-9)); tick <= high * 1.0001;
         tick *= 10) {
      found.push_back(tick);
    }
    return found;
  }
};

/// Moves labels apart that would lie on each other: each at least `gap` below the one before.
void spread(std::vector<double*>& heights, double gap) {
  std::ranges::sort(heights, {}, [](const double* height) { return *height; });
  for (std::size_t i = 1; i < heights.size(); ++i) {
    *heights[i] = std::max(*heights[i], *heights[i - 1] + gap);
  }
}

struct Point {
  RooflineRow row;
  std::string_view colour;
  double radius = 4.5;
  double label_y = 0;
};

std::vector<Point> points_of(const RunResult& result, const std::vector<LayerRow>& kinds) {
  std::vector<Point> points;
  for (RooflineRow& row : folded_roofline_rows(result)) {
    const auto kind = std::ranges::find(kinds, row.name, &LayerRow::name);
    points.push_back({std::move(row), colour_of(static_cast<std::size_t>(kind - kinds.begin()))});
  }
  points.push_back({roofline_of_image(result), "#222", 6});
  return points;
}

}  // namespace

std::string roofline(const RunResult& result, const std::vector<LayerRow>& kinds) {
  constexpr double kHeight = 380;
  constexpr double kLabelGap = 15;
  const timing::Roofline machine = timing::roofline_of(result.config.accelerator);
  std::vector<Point> points = points_of(result, kinds);
  LogAxis x{std::numeric_limits<double>::infinity(), 0, 70, kWidth - 130};
  LogAxis y{machine.peak_operations_per_cycle, 2 * machine.peak_operations_per_cycle, kHeight - 40,
            12};
  const auto widen = [&](double intensity) {
    if (std::isfinite(intensity) && intensity > 0) {
      x.low = std::min(x.low, intensity / 2);
      x.high = std::max(x.high, intensity * 2);
    }
  };
  widen(machine.ridge());
  for (const Point& point : points) {
    widen(point.row.point.operations_per_byte);
    y.low = std::min(y.low, std::max(point.row.point.operations_per_cycle, 1e-3) / 2);
  }
  if (x.low > x.high) {
    x.low = 1;
    x.high = 10;
  }
  std::string content;
  for (const double tick : x.ticks()) {
    content += stroke(x.at(tick), y.from, x.at(tick), y.to, kGridColour);
    content += text_at(x.at(tick), y.from + 15, fmt::format("{:g}", tick), "middle", "#777");
  }
  for (const double tick : y.ticks()) {
    content += stroke(x.from, y.at(tick), x.to, y.at(tick), kGridColour);
    content += text_at(x.from - 6, y.at(tick) + 4, fmt::format("{:g}", tick), "end", "#777");
  }
  content += text_at((x.from + x.to) / 2, kHeight - 6, "operations a DRAM byte", "middle", "#777");
  content += text_at(4, y.to, "operations a cycle", "start", "#777");
  const double ridge = std::clamp(machine.ridge(), x.low, x.high);
  const double top = y.at(machine.peak_operations_per_cycle);
  content += stroke(x.at(ridge), top, x.to, top, kLimitColour, R"(stroke-width="2")");
  content += text_at(x.to, top - 5,
                     fmt::format("array: {} a cycle", rounded(machine.peak_operations_per_cycle)),
                     "end", kLimitColour);
  if (std::isfinite(machine.peak_bytes_per_cycle)) {
    // Where it leaves the picture at the bottom, or at the left.
    const double first = std::max(x.low, y.low / machine.peak_bytes_per_cycle);
    content += stroke(x.at(first), y.at(machine.roof(first)), x.at(ridge), top, kLimitColour,
                      R"(stroke-width="2")");
    const double middle = std::sqrt(first * ridge);
    content += text_at(x.at(middle) + 10, y.at(machine.roof(middle)) + 14,
                       fmt::format("DRAM: {:g} bytes a cycle", machine.peak_bytes_per_cycle),
                       "start", kLimitColour);
  }
  std::vector<double*> heights;
  for (Point& point : points) {
    point.label_y = y.at(point.row.point.operations_per_cycle) + 4;
    heights.push_back(&point.label_y);
  }
  spread(heights, kLabelGap);
  for (const Point& point : points) {
    const timing::RooflinePoint& place = point.row.point;
    const double px = x.at(place.operations_per_byte);
    const double py = y.at(place.operations_per_cycle);
    content += stroke(px, py, x.to + 10, point.label_y - 4, "#ccd3d8", R"(stroke-width="0.7")");
    content += fmt::format(
        R"(<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="{}"><title>{}</title></circle>)"
        "\n",
        px, py, point.radius, point.colour,
        escaped_markup(fmt::format("{}: {:.1f} operations a DRAM byte, {} of at most {} a cycle",
                                   point.row.name, place.operations_per_byte,
                                   rounded(place.operations_per_cycle), rounded(place.roof))));
    content += text_at(x.to + 14, point.label_y, point.row.name, "start",
                       point.radius > 5 ? "#000" : "#444");
  }
  return svg(std::max(kHeight, *heights.back() + 10), content);
}

}  // namespace vitsim::sim::html
