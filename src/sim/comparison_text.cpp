// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "vitsim/sim/comparison.h"
#include "vitsim/sim/version.h"

#include "comparison_table.h"
#include "number_text.h"

namespace vitsim::sim {
namespace {

using Value = std::function<std::optional<double>(const Figures&)>;
using Format = std::string (*)(double);

std::string whole_number(double value) { return grouped(std::llround(value)); }
std::string bytes(double value) { return bytes_text(std::llround(value)); }
std::string share(double value) { return percent(value, 1); }
std::string fraction(double value) { return fmt::format("{:.4f}", value); }
std::string decibels(double value) {
  return std::isinf(value) ? "no error" : fmt::format("{:.1f} dB", value);
}

/// Rows under headings. A row that no run has a value for is left out, and so is a heading without
/// rows.
class Rows {
 public:
  explicit Rows(std::span<const Figures> runs) : runs_(runs) {}

  void heading(const std::string& text) { heading_ = text; }

  /// What is the better the less it is, with ratios.
  void costs(const std::string& label, const Value& value, Format format) {
    add(label, value, format, true);
  }
  void values(const std::string& label, const Value& value, Format format) {
    add(label, value, format, false);
  }

  [[nodiscard]] const std::vector<ComparisonRow>& all() const { return rows_; }

 private:
  void add(const std::string& label, const Value& value, Format format, bool with_ratios) {
    if (std::ranges::none_of(runs_, [&](const Figures& run) { return value(run).has_value(); })) {
      return;
    }
    if (!heading_.empty()) {
      rows_.push_back({std::exchange(heading_, ""), {}});
    }
    ComparisonRow& row = rows_.emplace_back(ComparisonRow{"  " + label, {}});
    const std::optional<double> first = value(runs_.front());
    for (const Figures& run : runs_) {
      const std::optional<double> own = value(run);
      const auto ratio =
          with_ratios && &run != &runs_.front() ? times_less(first, own) : std::nullopt;
      row.cells.push_back({own ? format(*own) : "-", ratio ? fmt::format("{:.2f}x", *ratio) : ""});
    }
  }

  std::span<const Figures> runs_;
  std::string heading_;  ///< that no row has followed yet
  std::vector<ComparisonRow> rows_;
};

/// A row's value where it is a member of Figures.
template <class T>
Value member(T Figures::*figure) {
  return [figure](const Figures& run) { return std::optional<double>(run.*figure); };
}

void add_cycles(Rows& rows, std::span<const Figures> runs) {
  rows.heading("cycles by operator");
  for (const std::string& name : operators_of(runs)) {
    rows.costs(
        name,
        [&](const Figures& run) -> std::optional<double> {
          const auto row = std::ranges::find(run.operators, name, &OperatorCycles::name);
          return row != run.operators.end() ? std::optional<double>(row->exclusive_cycles)
                                            : std::nullopt;
        },
        whole_number);
  }
  rows.heading("attention alone");
  rows.costs("cycles", member(&Figures::attention_cycles), whole_number);
  rows.heading("end to end, one image");
  rows.costs("cycles", member(&Figures::cycles), whole_number);
  rows.costs("time", member(&Figures::seconds), seconds_text);
  rows.values(
      "images/s", [](const Figures& run) { return std::floor(1 / run.seconds); }, whole_number);
}

void add_utilization(Rows& rows) {
  rows.heading("utilization of the PEs");
  rows.values("end to end", member(&Figures::pe_utilization), share);
  rows.values("attention alone", member(&Figures::attention_pe_utilization), share);
}

void add_memory(Rows& rows) {
  rows.heading("memory");
  rows.costs("DRAM read", member(&Figures::dram_read_bytes), bytes);
  rows.costs("DRAM written", member(&Figures::dram_write_bytes), bytes);
  rows.costs("DRAM, attention", member(&Figures::attention_dram_bytes), bytes);
  rows.costs("scratchpad read", member(&Figures::scratchpad_read_bytes), bytes);
  rows.costs("scratchpad written", member(&Figures::scratchpad_write_bytes), bytes);
}

void add_operations(Rows& rows, const std::string& heading, std::int64_t OperationCount::*count) {
  rows.heading(heading);
  for (const char* kind : {"multiply", "add", "divide", "exp"}) {
    rows.costs(
        kind,
        [&](const Figures& run) -> std::optional<double> {
          const auto row = std::ranges::find(run.operations, kind, &OperationCount::kind);
          return row != run.operations.end() ? std::optional<double>((*row).*count) : std::nullopt;
        },
        whole_number);
  }
}

void add_accuracy(Rows& rows, std::int64_t float_images) {
  rows.heading("accuracy");
  rows.values("top-1", member(&Figures::top1), fraction);
  if (float_images > 0) {
    rows.values(fmt::format("same class as float, of {}", grouped(float_images)),
                member(&Figures::same_as_float), whole_number);
  }
  rows.values("SQNR of the logits", member(&Figures::sqnr_db), decibels);
  rows.values("integer mismatches", member(&Figures::integer_mismatches), whole_number);
}

std::vector<ComparisonRow> rows_of(std::span<const Figures> runs) {
  Rows rows(runs);
  add_cycles(rows, runs);
  add_utilization(rows);
  add_memory(rows);
  add_operations(rows, "operations", &OperationCount::image);
  add_operations(rows, "operations, attention alone", &OperationCount::attention);
  add_accuracy(rows, runs.front().float_images);
  return rows.all();
}

std::string line(std::string_view name, const std::string& value) {
  return fmt::format("{:<9} {}\n", name, value);
}

std::string machine_lines(const ComparedRun& run, std::string_view name) {
  std::string text = line(name, fmt::format("{}: {} attention", run.config,
                                            run.report.at("attention").get<std::string>()));
  for (const std::string& setting : run.settings) {
    text += line("", "  " + setting);
  }
  return text;
}

std::string header(const Comparison& comparison) {
  const ComparedRun& first = comparison.runs.front();
  std::string text = fmt::format("vitsim {}: {} on {} machines\n", version(), comparison.model,
                                 comparison.runs.size());
  for (const ComparedRun& run : comparison.runs) {
    text += machine_lines(run, &run == &first ? "machines" : "");
  }
  for (const std::string& setting : comparison.settings) {
    text += line(&setting == &comparison.settings.front() ? "all have" : "", setting);
  }
  text += line("weights", comparison.weights);
  text +=
      line("images", fmt::format("{} of {}", grouped(first.report.at("images")), comparison.input));
  if (first.report.at("check").at("mode") == "none") {
    text += line("check", "none (--check none): values and float network were not compared");
  }
  return text + line("ratios", fmt::format("2.00x is half of what {} has", first.name));
}

}  // namespace

std::string comparison_text(const Comparison& comparison) {
  std::vector<std::string> names;
  std::vector<Figures> figures;
  for (const ComparedRun& run : comparison.runs) {
    names.push_back(run.name);
    figures.push_back(figures_of(run.report));
  }
  return header(comparison) + "\n" + comparison_table(names, rows_of(figures));
}

}  // namespace vitsim::sim
