// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "vitsim/sim/layer_rows.h"
#include "vitsim/sim/report.h"

#include "number_text.h"
#include "stall_text.h"

namespace vitsim::sim {
namespace {

constexpr int kBarWidth = 8;
constexpr std::size_t kLineWidth = 100;
constexpr std::size_t kStallsShown = 2;

std::string percent_text(double part, double whole, int digits) {
  return whole > 0 ? fmt::format("{:.{}f}%", 100 * part / whole, digits) : "";
}

/// What the layer's unit spent on it, its waits for the layer's commands included. They begin
/// before the layer does.
double unit_cycles(const LayerRow& row) { return static_cast<double>(row.activity.total()); }

/// The unit's largest causes, as many as fit `width`, one at the least.
std::string stalls_text(const LayerRow& row, std::size_t width) {
  std::string text;
  for (const std::size_t cause : largest_stalls(row.activity, kStallsShown)) {
    const auto stalled = static_cast<double>(row.activity.stalls[cause]);
    const std::string more = fmt::format("{}{} {}", text.empty() ? "" : ", ", stall_words(cause),
                                         percent_text(stalled, unit_cycles(row), 0));
    if (stalled >= 0.01 * unit_cycles(row) &&
        (text.empty() || text.size() + more.size() <= width)) {
      text += more;
    }
  }
  return text;
}

std::string row_text(const LayerRow& row, std::size_t name_width, double total, double largest) {
  const auto exclusive = static_cast<double>(row.exclusive);
  const auto bar = static_cast<std::size_t>(std::lround(kBarWidth * exclusive / largest));
  const std::string line =
      fmt::format("{:<{}} {:>3} {:>11} {:>6} {:<{}} {:>6} {:>10}  {:>4} ", row.name, name_width,
                  row.layers > 1 ? fmt::format("x{}", row.layers) : "", grouped(row.exclusive),
                  percent_text(exclusive, total, 1), std::string(bar, '#'), kBarWidth,
                  row.pe_utilization ? percent_text(*row.pe_utilization, 1, 1) : "",
                  bytes_text(row.dram_read_bytes + row.dram_write_bytes),
                  percent_text(static_cast<double>(row.activity.busy), unit_cycles(row), 0));
  return line + stalls_text(row, kLineWidth - std::min(kLineWidth, line.size())) + "\n";
}

}  // namespace

std::string layer_table(const RunResult& result, bool all_layers) {
  std::vector<LayerRow> rows = layer_rows(result);
  if (!all_layers) {
    rows = fold_blocks(rows, result);
  }
  std::size_t name_width = std::string_view("layer").size();
  double largest = 1;
  for (const LayerRow& row : rows) {
    name_width = std::max(name_width, row.name.size());
    largest = std::max(largest, static_cast<double>(row.exclusive));
  }
  std::string table = fmt::format("{:<{}} {:>3} {:>11} {:>6} {:<{}} {:>6} {:>10}  {}\n", "layer",
                                  name_width, "", "cycles", "share", "", kBarWidth, "array", "DRAM",
                                  "its unit is busy, and stalls on");
  for (const LayerRow& row : rows) {
    table += row_text(row, name_width, static_cast<double>(result.timing.cycles), largest);
  }
  return table;
}

}  // namespace vitsim::sim
