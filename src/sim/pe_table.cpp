// SPDX-License-Identifier: Apache-2.0
#include "pe_table.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace vitsim::sim {
namespace {

/// Headings of two lines, by PeUse.
constexpr std::array<std::array<std::string_view, 2>, stats::kPeUseCount> kHeadings{
    {{"", "useful"},
     {"edge", "tiles"},
     {"fill,", "drain"},
     {"weight", "load"},
     {"operand", "wait"},
     {"output", "wait"},
     {"other", "layers"},
     {"", "idle"}}};
constexpr int kColumnWidth = 9;

std::string cell(std::string_view text) { return fmt::format("{:>{}}", text, kColumnWidth); }

}  // namespace

std::string pe_use_words(std::size_t use) {
  std::string words(stats::kPeUseNames[use]);
  std::ranges::replace(words, '_', ' ');
  return words;
}

std::string pe_table(const std::vector<PeTableRow>& rows) {
  std::size_t name_width = std::string_view("of the PE-cycles").size();
  for (const PeTableRow& row : rows) {
    name_width = std::max(name_width, row.name.size());
  }
  std::string table;
  for (std::size_t line = 0; line < 2; ++line) {
    std::string headings = fmt::format("{:<{}}", line == 1 ? "of the PE-cycles" : "", name_width);
    for (const auto& heading : kHeadings) {
      headings += cell(heading[line]);
    }
    table += headings.substr(0, headings.find_last_not_of(' ') + 1) + "\n";
  }
  for (const PeTableRow& row : rows) {
    table += fmt::format("{:<{}}", row.name, name_width);
    const auto all = static_cast<double>(std::max<std::int64_t>(1, row.pe_cycles.total()));
    for (const std::int64_t cycles : row.pe_cycles.uses) {
      table +=
          cell(cycles == 0 ? "-" : fmt::format("{:.1f}%", 100 * static_cast<double>(cycles) / all));
    }
    table += "\n";
  }
  return table;
}

}  // namespace vitsim::sim
