// SPDX-License-Identifier: Apache-2.0
#include "html_svg.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "vitsim/core/text.h"

namespace vitsim::sim::html {
namespace {

constexpr int kBarRow = 26;

/// As many as a network with Taylor attention has kinds of operators, and a few more.
constexpr std::array<std::string_view, 22> kPalette{
    "#4878a8", "#e8883a", "#5aa469", "#c8504b", "#8a6fb0", "#8c6b5d", "#d98cb3", "#7f8c8d",
    "#b8b13f", "#3fa9b8", "#2f4b6e", "#d4b483", "#9bbf85", "#1b998b", "#e0b0d5", "#4b6043",
    "#f2c14e", "#6a4c93", "#1f7a8c", "#e07a5f", "#a3b1c6", "#5c3d2e"};

}  // namespace

std::string_view colour_of(std::size_t index) { return kPalette[index % kPalette.size()]; }

double share(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(std::max<std::int64_t>(whole, 1));
}

std::string percent(std::int64_t part, std::int64_t whole) {
  return fmt::format("{:.1f} %", 100 * share(part, whole));
}

std::string rect(double x, double y, double width, double height, std::string_view colour,
                 const std::string& title) {
  return fmt::format(
      R"(<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" fill="{}"><title>{}</title></rect>)"
      "\n",
      x, y, width, height, colour, escaped_markup(title));
}

std::string stroke(double x1, double y1, double x2, double y2, std::string_view colour,
                   std::string_view more) {
  return fmt::format(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" {}/>)"
                     "\n",
                     x1, y1, x2, y2, colour, more);
}

std::string text_at(double x, double y, std::string_view text, std::string_view anchor,
                    std::string_view colour) {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}" fill="{}">{}</text>)"
                     "\n",
                     x, y, anchor, colour, escaped_markup(text));
}

std::string label(double y, std::string_view text) {
  return text_at(kLabelWidth - 8, y, text, "end");
}

std::string svg(double height, const std::string& content) {
  return fmt::format(R"(<svg viewBox="0 0 {} {:.0f}" role="img">)"
                     "\n{}</svg>\n",
                     kWidth, height, content);
}

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

std::string legend(const std::vector<Part>& parts) {
  std::string text = "<p class=\"legend\">";
  for (auto part = parts.begin(); part != parts.end(); ++part) {
    if (std::none_of(parts.begin(), part,
                     [&](const Part& known) { return known.name == part->name; })) {
      text +=
          fmt::format("<span><i style=\"background:{}\"></i>{}</span> ", part->colour, part->name);
    }
  }
  return text + "</p>\n";
}

std::string bars_with_legend(std::int64_t rows, const std::string& bars,
                             const std::vector<Part>& parts) {
  return legend(parts) + svg(static_cast<double>(rows * kBarRow), bars);
}

}  // namespace vitsim::sim::html
