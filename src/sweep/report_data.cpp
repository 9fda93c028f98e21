// SPDX-License-Identifier: Apache-2.0
#include "report_data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <unordered_map>

#include "vitsim/sweep/pareto.h"

namespace vitsim::sweep {
namespace {

/// Shown beside the objectives, where the store has them.
constexpr std::array<const char*, 8> kFigures{"totals.cycles",
                                              "totals.pes",
                                              "totals.pe_utilization",
                                              "totals.dram_read_bytes",
                                              "totals.dram_write_bytes",
                                              "config.accelerator.scratchpad.size_kib",
                                              "totals.top1",
                                              "units.pe_array.busy_cycles"};

constexpr std::string_view kConfig = "config.";

constexpr std::size_t kMostParameters = 64;
constexpr std::size_t kMostWordBytes = 500;
constexpr std::size_t kMostMessages = 1000;
constexpr std::size_t kMostMessageBytes = 1000;
constexpr std::size_t kMostOperators = 200;
constexpr std::size_t kMostFrontBreakdowns = 5000;
constexpr std::size_t kMostOtherBreakdowns = 1000;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::string_view last_part(std::string_view key) { return key.substr(key.rfind('.') + 1); }

/// Whether a parameter makes the array larger.
bool is_array_size(const std::string& key) {
  constexpr std::array<std::string_view, 4> kSizes{"rows", "cols", "blocks", "macs_per_block"};
  return key.find("pe_array.") != std::string::npos &&
         std::ranges::find(kSizes, last_part(key)) != kSizes.end();
}

double number_of(const std::optional<Value>& value) {
  const auto* number = value ? std::get_if<double>(&*value) : nullptr;
  return number != nullptr && std::isfinite(*number) ? *number : kNone;
}

/// The names of the columns that are read: parameters first, then figures.
void choose_columns(const Store& store, ReportData& data) {
  const std::vector<Column> columns = store.columns();
  const auto add_figure = [&](const std::string& key) {
    if (std::ranges::find(data.figures, key, &FigureColumn::key) == data.figures.end()) {
      data.figures.push_back({key, {}});
    }
  };
  for (const Objective& objective : data.objectives) {
    add_figure(objective.key);
  }
  for (const std::string key : kFigures) {
    // Where the sweep sets what the report repeats, the parameter is enough.
    const bool is_parameter =
        key.starts_with(kConfig) &&
        std::ranges::find(columns, key.substr(kConfig.size()), &Column::name) != columns.end();
    if (!is_parameter && std::ranges::find(columns, key, &Column::name) != columns.end()) {
      add_figure(key);
    }
  }
  for (const Column& column : columns) {
    if (column.kind == Column::Kind::kParameter && data.parameters.size() < kMostParameters) {
      data.parameters.push_back({column.name, {}});
    }
  }
}

void read_points(const Store& store, ReportData& data) {
  std::vector<std::string> names;
  for (const ParameterColumn& parameter : data.parameters) {
    names.push_back(parameter.key);
  }
  for (const FigureColumn& figure : data.figures) {
    names.push_back(figure.key);
  }
  std::vector<std::vector<std::optional<Value>>> settings(data.parameters.size());
  store.each(names, [&](const Row& row) {
    if (!row.done) {
      if (data.messages.size() < kMostMessages) {
        data.messages.emplace_back(data.ids.size(), cut(row.message, kMostMessageBytes));
      }
      data.failed.push_back(data.ids.size());
    }
    data.ids.push_back(row.id);
    for (std::size_t i = 0; i < settings.size(); ++i) {
      settings[i].push_back(row.values[i]);
    }
    for (std::size_t i = 0; i < data.figures.size(); ++i) {
      // A failed point may have figures of what it did until then, which are no results.
      data.figures[i].numbers.push_back(row.done ? number_of(row.values[settings.size() + i])
                                                 : kNone);
    }
  });
  for (std::size_t i = 0; i < settings.size(); ++i) {
    data.parameters[i].levels = levels_of(settings[i]);
    settings[i] = {};
    for (Value& value : data.parameters[i].levels.values) {
      if (auto* word = std::get_if<std::string>(&value)) {
        *word = cut(*word, kMostWordBytes);
      }
    }
  }
}

const std::vector<double>& numbers_of(const ReportData& data, const std::string& key) {
  return std::ranges::find(data.figures, key, &FigureColumn::key)->numbers;
}

void find_front(ReportData& data) {
  std::vector<std::size_t> places;
  std::vector<Costs> costs;
  for (std::size_t place = 0; place < data.ids.size() && !data.objectives.empty(); ++place) {
    std::vector<double> values;
    for (const Objective& objective : data.objectives) {
      values.push_back(numbers_of(data, objective.key)[place]);
    }
    if (std::ranges::all_of(values, [](double value) { return std::isfinite(value); })) {
      places.push_back(place);
      costs.push_back(costs_of(data.objectives, values));
    }
  }
  for (const std::size_t index : pareto_front(costs)) {
    data.front.push_back(places[index]);
  }
}

/// Of the front, and of other points that are done, evenly.
std::vector<std::size_t> places_with_breakdown(const ReportData& data) {
  std::vector<char> out(data.ids.size(), 0);
  for (const std::size_t place : data.failed) {
    out[place] = 1;
  }
  std::vector<std::size_t> places(
      data.front.begin(), data.front.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                   data.front.size(), kMostFrontBreakdowns)));
  for (const std::size_t place : data.front) {
    out[place] = 1;
  }
  const auto others = static_cast<std::size_t>(std::ranges::count(out, 0));
  std::size_t seen = 0;
  for (std::size_t place = 0; place < out.size(); ++place) {
    if (out[place] == 0) {
      // Whole parts of a line of slope at most 1: as many as are wanted, evenly.
      const std::size_t wanted = std::min(others, kMostOtherBreakdowns);
      if (seen * wanted / others != (seen + 1) * wanted / others) {
        places.push_back(place);
      }
      ++seen;
    }
  }
  return places;
}

void read_breakdowns(const Store& store, ReportData& data) {
  std::unordered_map<std::string, std::size_t> known;
  for (const std::size_t place : places_with_breakdown(data)) {
    Breakdown breakdown{place, {}};
    for (const LayerResult& layer : store.layers_of(data.ids[place])) {
      std::string name = cut(operator_of(layer.name), kMostWordBytes);
      if (known.size() >= kMostOperators && !known.contains(name)) {
        name = "(others)";
      }
      const auto [found, added] = known.try_emplace(name, data.operators.size());
      if (added) {
        data.operators.push_back(name);
      }
      const auto same = std::ranges::find(breakdown.cycles, found->second,
                                          &std::pair<std::size_t, std::int64_t>::first);
      if (same == breakdown.cycles.end()) {
        breakdown.cycles.emplace_back(found->second, layer.exclusive_cycles);
      } else {
        same->second += layer.exclusive_cycles;
      }
    }
    if (!breakdown.cycles.empty()) {
      data.breakdowns.push_back(std::move(breakdown));
    }
  }
}

void find_effects(ReportData& data) {
  for (const ParameterColumn& parameter : data.parameters) {
    auto& of_parameter = data.effects.emplace_back();
    for (const Objective& objective : data.objectives) {
      of_parameter.push_back(main_effects(parameter.levels, numbers_of(data, objective.key)));
    }
  }
}

/// Steps of `sizes` between points that are equal in every parameter but those that `is_size`
/// names.
template <class IsSize>
MarginalGroup marginal_group(const ReportData& data, const std::string& of, const std::string& unit,
                             const IsSize& is_size, const std::vector<double>& sizes) {
  std::vector<const Levels*> others;
  for (const ParameterColumn& parameter : data.parameters) {
    if (!is_size(parameter.key)) {
      others.push_back(&parameter.levels);
    }
  }
  return {of, unit, marginal_costs(others, sizes, numbers_of(data, data.objectives.front().key))};
}

std::vector<double> numbers_of(const Levels& levels) {
  std::vector<double> numbers;
  for (const std::int32_t level : levels.of_points) {
    numbers.push_back(level == Levels::kAbsent
                          ? kNone
                          : number_of(levels.values[static_cast<std::size_t>(level)]));
  }
  return numbers;
}

void find_marginal_costs(ReportData& data) {
  if (data.objectives.empty()) {
    return;
  }
  std::string sizes_of_array;
  for (const ParameterColumn& parameter : data.parameters) {
    if (is_array_size(parameter.key)) {
      sizes_of_array += (sizes_of_array.empty() ? "" : ", ") + parameter.key;
    }
    if (last_part(parameter.key) == "size_kib" && parameter.levels.values.size() > 1) {
      data.marginal.push_back(marginal_group(
          data, parameter.key, "KiB", [&](const std::string& key) { return key == parameter.key; },
          numbers_of(parameter.levels)));
    }
  }
  const auto pes = std::ranges::find(data.figures, "totals.pes", &FigureColumn::key);
  if (!sizes_of_array.empty() && pes != data.figures.end()) {
    data.marginal.push_back(
        marginal_group(data, sizes_of_array, "PE", is_array_size, pes->numbers));
  }
}

}  // namespace

std::string operator_of(const std::string& layer) {
  constexpr std::string_view kBlock = "block";
  if (!layer.starts_with(kBlock)) {
    return layer;
  }
  std::size_t at = kBlock.size();
  at += layer.compare(at, 2, "s.") == 0 ? 2 : 0;
  const std::size_t dot = layer.find_first_not_of("0123456789", at);
  return dot == at || dot == std::string::npos || layer[dot] != '.' ? layer : layer.substr(dot + 1);
}

std::string cut(const std::string& text, std::size_t most) {
  return text.size() > most ? text.substr(0, most) + "..." : text;
}

ReportData read_report_data(const Store& store, const std::vector<Objective>& objectives) {
  ReportData data;
  data.objectives = objectives;
  choose_columns(store, data);
  read_points(store, data);
  find_front(data);
  read_breakdowns(store, data);
  find_effects(data);
  find_marginal_costs(data);
  return data;
}

}  // namespace vitsim::sweep
