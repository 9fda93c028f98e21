// SPDX-License-Identifier: Apache-2.0
#include "comparison_table.h"

#include <algorithm>
#include <iterator>
#include <sstream>

#include <fmt/format.h>

namespace vitsim::sim {
namespace {

std::vector<std::string> words_of(const std::string& name) {
  std::istringstream text(name);
  return {std::istream_iterator<std::string>(text), {}};
}

/// The widths of a column's parts.
struct Column {
  std::vector<std::string> heading;
  std::size_t value = 0;
  std::size_t ratio = 0;  ///< 0 for the first, which has none

  [[nodiscard]] std::size_t width() const { return value + (ratio > 0 ? 1 + ratio : 0); }
};

Column column_of(const std::string& name, const std::vector<ComparisonRow>& rows,
                 std::size_t index) {
  Column column{words_of(name)};
  for (const ComparisonRow& row : rows) {
    if (!row.cells.empty()) {
      column.value = std::max(column.value, row.cells[index].value.size());
      column.ratio = std::max(column.ratio, row.cells[index].ratio.size());
    }
  }
  for (const std::string& word : column.heading) {
    column.value += word.size() - std::min(word.size(), column.width());
  }
  return column;
}

std::string without_trailing_spaces(const std::string& line) {
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string headings_text(const std::vector<Column>& columns, std::size_t label_width) {
  std::size_t lines = 0;
  for (const Column& column : columns) {
    lines = std::max(lines, column.heading.size());
  }
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) {
    std::string line(label_width, ' ');
    for (const Column& column : columns) {
      line += fmt::format("  {:>{}}", i < column.heading.size() ? column.heading[i] : "",
                          column.width());
    }
    text += without_trailing_spaces(line);
  }
  return text;
}

std::string row_text(const ComparisonRow& row, const std::vector<Column>& columns,
                     std::size_t label_width) {
  std::string line = fmt::format("{:<{}}", row.label, label_width);
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    line += fmt::format("  {:>{}}", row.cells[i].value, columns[i].value);
    if (columns[i].ratio > 0) {
      line += fmt::format(" {:>{}}", row.cells[i].ratio, columns[i].ratio);
    }
  }
  return without_trailing_spaces(line);
}

}  // namespace

std::string comparison_table(const std::vector<std::string>& names,
                             const std::vector<ComparisonRow>& rows) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    columns.push_back(column_of(names[i], rows, i));
  }
  std::size_t label_width = 0;
  for (const ComparisonRow& row : rows) {
    label_width = std::max(label_width, row.label.size());
  }
  std::string text = headings_text(columns, label_width);
  for (const ComparisonRow& row : rows) {
    text += row_text(row, columns, label_width);
  }
  return text;
}

}  // namespace vitsim::sim
