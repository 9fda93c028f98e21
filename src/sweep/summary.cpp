// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/summary.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vitsim/core/text.h"
#include "vitsim/sweep/pareto.h"

namespace vitsim::sweep {
namespace {

/// Of the front, for people: the report has all.
constexpr std::size_t kMostRows = 12;

using Cells = std::vector<std::string>;

std::string table(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const Cells& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += fmt::format("  {:>{}}", row[i], widths[i]);
    }
    text += line + "\n";
  }
  return text;
}

/// Those of columns 0 to n-1 in which the rows differ.
std::vector<std::size_t> differing(const std::vector<Cells>& rows) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; !rows.empty() && i < rows.front().size(); ++i) {
    if (std::ranges::any_of(rows, [&](const Cells& row) { return row[i] != rows.front()[i]; })) {
      columns.push_back(i);
    }
  }
  return columns;
}

/// The name of a configuration or model without its folder and `.yaml`.
std::string without_folder(const std::string& word) {
  return word.ends_with(".yaml") ? std::filesystem::path(word).stem().string() : word;
}

/// A point that is done: its words for parameters, and its numbers for objectives.
struct DonePoint {
  Cells parameters;
  std::vector<double> values;
};

std::vector<DonePoint> done_points(const Store& store, const std::vector<std::string>& parameters,
                                   const std::vector<Objective>& objectives) {
  std::vector<std::string> columns = parameters;
  std::ranges::transform(objectives, std::back_inserter(columns), &Objective::key);
  std::vector<DonePoint> points;
  store.each(columns, [&](const Row& row) {
    DonePoint point;
    for (std::size_t i = 0; row.done && i < columns.size(); ++i) {
      const std::optional<Value>& value = row.values[i];
      if (i < parameters.size()) {
        point.parameters.push_back(value ? without_folder(printable(text_of(*value))) : "");
      } else if (value && std::holds_alternative<double>(*value)) {
        point.values.push_back(std::get<double>(*value));
      }
    }
    if (row.done && point.values.size() == objectives.size()) {
      points.push_back(std::move(point));
    }
  });
  return points;
}

std::string front_text(const Store& store, const std::vector<Objective>& objectives) {
  std::vector<std::string> parameters;
  std::set<std::string> known;
  for (const Column& column : store.columns()) {
    known.insert(column.name);
    if (column.kind == Column::Kind::kParameter) {
      parameters.push_back(column.name);
    }
  }
  if (!std::ranges::all_of(objectives,
                           [&](const Objective& one) { return known.contains(one.key); })) {
    return "";  // nothing is done yet
  }
  const std::vector<DonePoint> points = done_points(store, parameters, objectives);
  std::vector<Costs> costs;
  std::vector<Cells> words;
  for (const DonePoint& point : points) {
    costs.push_back(costs_of(objectives, point.values));
    words.push_back(point.parameters);
  }
  std::vector<std::size_t> front = pareto_front(costs);
  std::ranges::stable_sort(front, {}, [&](std::size_t i) { return costs[i]; });
  if (front.empty()) {
    return "";
  }
  std::vector<std::size_t> shown = differing(words);
  std::erase_if(shown, [&](std::size_t column) {  // it stands among the objectives
    return std::ranges::any_of(objectives, [&](const Objective& objective) {
      return objective.key == parameters[column] || objective.key == "config." + parameters[column];
    });
  });
  const std::vector<std::string> names = short_names(parameters);
  Cells head;
  Cells aims;
  std::ranges::transform(shown, std::back_inserter(head),
                         [&](std::size_t column) { return names[column]; });
  for (const Objective& objective : objectives) {
    head.push_back(objective.key);
    aims.push_back(fmt::format("{} {}", objective.maximize ? "largest" : "least", objective.key));
  }
  std::vector<Cells> rows{std::move(head)};
  for (const std::size_t i : std::span(front).first(std::min(front.size(), kMostRows))) {
    Cells row;
    std::ranges::transform(shown, std::back_inserter(row),
                           [&](std::size_t column) { return points[i].parameters[column]; });
    std::ranges::transform(points[i].values, std::back_inserter(row), number_text);
    rows.push_back(std::move(row));
  }
  std::string text = fmt::format("\nFront of {}: {} of {} points\n\n{}", fmt::join(aims, ", "),
                                 front.size(), points.size(), table(rows));
  if (front.size() > kMostRows) {
    text += fmt::format("  ... and {} more\n", front.size() - kMostRows);
  }
  return text;
}

}  // namespace

std::string number_text(double number) {
  if (!is_whole(number)) {
    return fmt::format("{:.6g}", number);
  }
  std::string digits = fmt::format("{:.0f}", number);
  const std::ptrdiff_t first = digits.front() == '-' ? 1 : 0;
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > first; place -= 3) {
    digits.insert(static_cast<std::size_t>(place), 1, ',');
  }
  return digits;
}

std::vector<std::string> short_names(const std::vector<std::string>& keys) {
  const auto last_part = [](const std::string& key) { return key.substr(key.rfind('.') + 1); };
  std::map<std::string, int> counts;
  for (const std::string& key : keys) {
    ++counts[last_part(key)];
  }
  std::vector<std::string> names;
  std::ranges::transform(keys, std::back_inserter(names), [&](const std::string& key) {
    return counts[last_part(key)] == 1 ? last_part(key) : key;
  });
  return names;
}

std::string settings_text(const std::vector<Named>& parameters) {
  std::vector<std::string> keys;
  std::ranges::transform(parameters, std::back_inserter(keys), &Named::first);
  const std::vector<std::string> names = short_names(keys);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < names.size(); ++i) {
    words.push_back(fmt::format("{}={}", names[i], printable(text_of(parameters[i].second))));
  }
  return fmt::format("{}", fmt::join(words, " "));
}

std::string points_text(const Spec& spec, const std::vector<Point>& points, std::size_t most) {
  std::vector<std::string> keys;
  std::ranges::transform(spec.parameters, std::back_inserter(keys), &Parameter::key);
  std::vector<Cells> rows{short_names(keys)};
  for (std::size_t i = 0; i < std::min(points.size(), most); ++i) {
    Cells row;
    std::ranges::transform(points[i].values, std::back_inserter(row), text_of);
    rows.push_back(std::move(row));
  }
  std::string text = table(rows);
  if (points.size() > most) {
    text += fmt::format("  ... and {} more\n", points.size() - most);
  }
  return text;
}

std::string summary_text(const Tally& tally, const Store& store,
                         const std::vector<Objective>& objectives) {
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, std::string_view what) {
    if (count > 0) {
      parts.push_back(fmt::format("{} {}", count, what));
    }
  };
  add(tally.done, "simulated");
  add(tally.known, "known before");
  add(tally.pruned, "that cannot reach the front");
  add(tally.failed, "failed");
  std::string text = fmt::format("{} points: {}\n", tally.points, fmt::join(parts, ", "));
  if (tally.failed > 0) {
    text += fmt::format("The first that failed: {}\n", tally.first_failure);
  }
  return text + front_text(store, objectives);
}

}  // namespace vitsim::sweep
