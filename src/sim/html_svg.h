// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vitsim/core/units.h"

/// What the pictures of `report.html` are drawn with: pieces of inline SVG, as text.
namespace vitsim::sim::html {

inline constexpr int kWidth = 960;
inline constexpr int kLabelWidth = 150;
inline constexpr int kBarWidth = kWidth - kLabelWidth;

inline constexpr std::string_view kGridColour = "#e3e7ea";
/// Of what cannot be passed.
inline constexpr std::string_view kLimitColour = "#c8504b";

/// The colour of the `index`th kind of operator.
std::string_view colour_of(std::size_t index);

double share(std::int64_t part, std::int64_t whole);
std::string percent(std::int64_t part, std::int64_t whole);

/// A rectangle with a text that shows when the pointer is on it.
std::string rect(double x, double y, double width, double height, std::string_view colour,
                 const std::string& title);
/// A straight line.
std::string stroke(double x1, double y1, double x2, double y2, std::string_view colour,
                   std::string_view more = "");
/// Text at a place; `anchor`: start, middle, end.
std::string text_at(double x, double y, std::string_view text, std::string_view anchor = "start",
                    std::string_view colour = "#444");
/// The name of a row of bars, left of it.
std::string label(double y, std::string_view text);
/// A picture as wide as the page.
std::string svg(double height, const std::string& content);

/// A stretch of a bar.
struct Part {
  std::string name;
  std::string_view colour;
  std::int64_t amount;
  std::string title;  ///< shows when the pointer is on it
};
/// Parts side by side in row `row`, as long as their share of `total`.
std::string stacked_bar(std::int64_t row, const std::string& name, const std::vector<Part>& parts,
                        std::int64_t total);
/// Names and their colours, each name once.
std::string legend(const std::vector<Part>& parts);
/// The bars of `rows` rows under their legend.
std::string bars_with_legend(std::int64_t rows, const std::string& bars,
                             const std::vector<Part>& parts);

}  // namespace vitsim::sim::html
