// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vitsim/timing/roofline.h"

#include "html_parts.h"
#include "html_svg.h"
#include "number_text.h"

namespace vitsim::sim::html {
namespace {

constexpr std::string_view kReadColour = "#4878a8";
constexpr std::string_view kWriteColour = "#e8883a";
constexpr std::string_view kDashed = R"(stroke-dasharray="5 3")";

/// One picture: values by window as steps, stacked from the bottom, under a limit.
struct Area {
  std::string name;
  std::string_view colour;
  std::vector<double> heights;  ///< by window
};

class TimePicture {
 public:
  TimePicture(const ImageTimeline& timeline, double most) : timeline_(timeline), most_(most) {}

  [[nodiscard]] std::string draw(const std::vector<Area>& areas, double limit,
                                 const std::string& limit_text) const {
    std::string content;
    std::vector<double> base(timeline_.occupied_bytes.size());
    for (const Area& area : areas) {
      content += steps(area, base);
    }
    content += stroke(kLabelWidth, kBottom, kWidth, kBottom, "#777");
    if (std::isfinite(limit)) {
      content += stroke(kLabelWidth, y_of(limit), kWidth, y_of(limit), kLimitColour, kDashed);
      content += text_at(kWidth - 4, y_of(limit) - 5, limit_text, "end", kLimitColour);
    }
    content += text_at(kLabelWidth, kBottom + 14, "0", "start", "#777");
    content += text_at(kWidth, kBottom + 14, grouped(timeline_.cycles) + " cycles", "end", "#777");
    return content;
  }
  [[nodiscard]] std::string axis(double value, const std::string& text) const {
    return stroke(kLabelWidth, y_of(value), kWidth, y_of(value), kGridColour) +
           label(y_of(value) + 4, text);
  }
  static constexpr double kHeight = 160;

 private:
  static constexpr double kTop = 18;
  static constexpr double kBottom = kHeight - 20;

  [[nodiscard]] double x_of(std::size_t window) const {
    const Cycles cycle =
        std::min(static_cast<Cycles>(window) * timeline_.window_cycles, timeline_.cycles);
    return kLabelWidth + kBarWidth * share(cycle, timeline_.cycles);
  }
  [[nodiscard]] double y_of(double value) const {
    return kBottom - (kBottom - kTop) * std::min(1.0, value / most_);
  }
  /// A step a window, over what is there already.
  std::string steps(const Area& area, std::vector<double>& base) const {
    std::string upper;
    std::vector<std::string> lower;
    for (std::size_t i = 0; i < base.size(); ++i) {
      const double top = base[i] + area.heights[i];
      const auto step = [&](double from, double to, double y) {
        return fmt::format("{:.1f},{:.1f} {:.1f},{:.1f} ", from, y, to, y);
      };
      upper += step(x_of(i), x_of(i + 1), y_of(top));
      lower.push_back(step(x_of(i + 1), x_of(i), y_of(base[i])));
      base[i] = top;
    }
    std::ranges::reverse(lower);
    return fmt::format(R"(<polygon fill="{}" points="{}{}"><title>{}</title></polygon>)"
                       "\n",
                       area.colour, upper, fmt::join(lower, ""), area.name);
  }

  const ImageTimeline& timeline_;
  double most_;
};

/// What was counted a cycle, by window.
std::vector<double> rates(const ImageTimeline& timeline, std::string_view name) {
  const auto series = std::ranges::find(timeline.counts, name, &stats::Timeline::Series::name);
  std::vector<double> found;
  for (std::size_t i = 0; i < series->amounts.size(); ++i) {
    const Cycles length = std::min(
        timeline.window_cycles, timeline.cycles - static_cast<Cycles>(i) * timeline.window_cycles);
    found.push_back(static_cast<double>(series->amounts[i]) / static_cast<double>(length));
  }
  return found;
}

}  // namespace

std::string memory_over_time(const RunResult& result) {
  const ImageTimeline& timeline = result.timeline;
  const Bytes capacity = result.config.accelerator.scratchpad.size_kib * Bytes{1024};
  TimePicture occupancy(timeline, static_cast<double>(capacity));
  const std::string pad =
      occupancy.axis(static_cast<double>(capacity) / 2, bytes_text(capacity / 2)) +
      label(16, "scratchpad") +
      occupancy.draw({{"occupied", "#5aa469", timeline.occupied_bytes}},
                     static_cast<double>(capacity), bytes_text(capacity) + " of scratchpad");

  const std::vector<double> read = rates(timeline, "dram_read_bytes");
  const std::vector<double> written = rates(timeline, "dram_write_bytes");
  const double limit = timing::roofline_of(result.config.accelerator).peak_bytes_per_cycle;
  double most = std::isfinite(limit) ? limit : 1;
  for (std::size_t i = 0; i < read.size(); ++i) {
    most = std::max(most, read[i] + written[i]);
  }
  TimePicture bandwidth(timeline, most);
  const std::string dram =
      bandwidth.axis(most / 2, fmt::format("{:.3g} B/cycle", most / 2)) + label(16, "DRAM") +
      bandwidth.draw({{"read", kReadColour, read}, {"written", kWriteColour, written}}, limit,
                     fmt::format("peak {:g} B/cycle", limit));
  return svg(TimePicture::kHeight, pad) +
         legend(
             {{"read from DRAM", kReadColour, 0, ""}, {"written to DRAM", kWriteColour, 0, ""}}) +
         svg(TimePicture::kHeight, dram);
}

}  // namespace vitsim::sim::html
