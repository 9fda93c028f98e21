// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "vitsim/core/text.h"
#include "vitsim/sim/trace_diff.h"

#include "number_text.h"

namespace vitsim::sim {
namespace {

using Row = TraceDiff::Row;

std::string signed_text(Cycles cycles) {
  return cycles > 0 ? "+" + grouped(cycles) : grouped(cycles);
}

class Text {
 public:
  Text(const TraceDiff& diff, const TraceTotals& before, const TraceTotals& after)
      : diff_(diff), before_(before), after_(after) {}

  void add_files(const std::string& before_file, const std::string& after_file) {
    add_file("A", before_file, before_);
    add_file("B", after_file, after_);
    for (const std::string& setting : diff_.settings) {
      add("  {}\n", setting);
    }
    add_remark(!diff_.same_program, "the programs differ: commands are not compared");
    add_remark(!diff_.same_weights, "weights or scales differ");
    add_remark(!diff_.same_input, "the inputs differ");
  }

  /// Rows that differ, or all; the rest is said to be equal.
  void add_table(std::string_view title, const std::vector<Row>& rows, bool all) {
    std::vector<Row> shown;
    std::ranges::copy_if(rows, std::back_inserter(shown),
                         [&](const Row& row) { return all || row.gained() != 0; });
    if (shown.empty()) {
      add("\n{}: no difference\n", title);
      return;
    }
    std::size_t width = title.size();
    for (const Row& row : shown) {
      width = std::max(width, row.name.size());
    }
    add("\n{:<{}} {:>13} {:>13} {:>13}\n", title, width, "A", "B", "B - A");
    for (const Row& row : shown) {
      add("{:<{}} {:>13} {:>13} {:>13}\n", row.name, width, grouped(row.before), grouped(row.after),
          signed_text(row.gained()));
    }
  }

  void add_commands() {
    if (!diff_.same_program) {
      return;
    }
    add("\n{} of {} commands at other cycles\n", grouped(diff_.commands_moved),
        grouped(static_cast<std::int64_t>(before_.commands.size())));
    if (diff_.first_moved) {
      const TraceDiff::CommandTimes& moved = *diff_.first_moved;
      const auto& names = before_.header.names;
      add("the first: command {}, {}, {}: released in {} / {}, done in {} / {}\n", moved.command,
          names.units[moved.before.unit],
          names.layers[static_cast<std::size_t>(moved.before.layer)],
          grouped(moved.before.released), grouped(moved.after.released), grouped(moved.before.done),
          grouped(moved.after.done));
    }
  }

  void add_values() {
    if (diff_.tiles_compared == 0) {
      add("no values to compare: tiles are recorded at level tiles and beats, and must be the "
          "same places\n");
      return;
    }
    add("{} of {} tiles with other values\n", grouped(diff_.tiles_changed),
        grouped(diff_.tiles_compared));
    if (diff_.first_changed) {
      const TraceDiff::Values& changed = *diff_.first_changed;
      add("the first: {} row {}, columns {} to {}, by command {} in cycle {} / {} in {}\n",
          changed.tensor, changed.row, changed.before.col,
          changed.before.col + changed.before.cols - 1, changed.before.command,
          grouped(changed.before.cycle), changed.after.command, grouped(changed.after.cycle));
    }
  }

  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  template <class... Values>
  void add(fmt::format_string<Values...> form, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), form, std::forward<Values>(values)...);
  }

  void add_file(std::string_view letter, const std::string& file, const TraceTotals& totals) {
    const TraceHeader& header = totals.header;
    add("{}  {}: {}, {}; {} commands, {} cycles, vitsim {}\n", letter, file,
        printable(header.files.config), printable(header.files.model),
        grouped(static_cast<std::int64_t>(totals.commands.size())), grouped(totals.cycles),
        printable(header.version));
  }

  void add_remark(bool applies, std::string_view text) {
    if (applies) {
      add("  {}\n", text);
    }
  }

  const TraceDiff& diff_;
  const TraceTotals& before_;
  const TraceTotals& after_;
  std::string text_;
};

}  // namespace

std::string diff_text(const TraceDiff& diff, const TraceTotals& before, const TraceTotals& after,
                      const std::string& before_file, const std::string& after_file,
                      bool all_layers) {
  Text text(diff, before, after);
  text.add_files(before_file, after_file);
  std::vector<Row> layers = diff.layers;
  layers.push_back(diff.total);
  text.add_table("layer, exclusive cycles", layers, all_layers);
  text.add_table("unit, cycles with a command", diff.units, true);
  text.add_table("stalled cycles", diff.stalls, false);
  text.add_commands();
  text.add_values();
  return std::move(text).take();
}

}  // namespace vitsim::sim
