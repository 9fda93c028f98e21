// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/figures.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "vitsim/core/error.h"

namespace vitsim::sweep {
namespace {

using Json = nlohmann::ordered_json;

/// Parts of a report that say nothing about the machine, or the same as others.
constexpr std::array<std::string_view, 3> kLeftOut{"host", "timeline", "files"};

void add_numbers(std::vector<Named>& numbers, const Json& json, const std::string& path) {
  for (const auto& [key, value] : json.items()) {
    if (value.is_object()) {
      add_numbers(numbers, value, path + key + ".");
    } else if (value.is_number()) {
      numbers.emplace_back(path + key, value.get<double>());
    }
  }
}

std::int64_t integer(const Json& layer, const char* key) {
  const auto found = layer.find(key);
  return found != layer.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

LayerResult layer_of(const Json& layer) {
  const auto utilization = layer.find("pe_utilization");
  return {layer.at("name").get<std::string>(),
          integer(layer, "cycles"),
          integer(layer, "exclusive_cycles"),
          integer(layer, "macs"),
          utilization != layer.end() && utilization->is_number() ? utilization->get<double>() : 0.0,
          integer(layer, "dram_read_bytes"),
          integer(layer, "dram_write_bytes")};
}

}  // namespace

Figures figures_of(const Json& report) {
  Figures figures;
  for (const auto& [key, value] : report.items()) {
    if (std::ranges::find(kLeftOut, key) != kLeftOut.end()) {
      continue;
    }
    if (value.is_object()) {
      add_numbers(figures.numbers, value, key + ".");
    } else if (value.is_number()) {
      figures.numbers.emplace_back(key, value.get<double>());
    }
  }
  if (const auto layers = report.find("layers"); layers != report.end()) {
    std::ranges::transform(*layers, std::back_inserter(figures.layers), layer_of);
  }
  return figures;
}

std::optional<double> find(const std::vector<Named>& numbers, const std::string& name) {
  const auto found = std::ranges::find(numbers, name, &Named::first);
  if (found == numbers.end()) {
    return std::nullopt;
  }
  const auto* number = std::get_if<double>(&found->second);
  return number != nullptr ? std::optional(*number) : std::nullopt;
}

std::string to_text(const Figures& figures) {
  Json numbers = Json::array();
  for (const auto& [name, value] : figures.numbers) {
    numbers.push_back({name, std::get<double>(value)});
  }
  Json layers = Json::array();
  for (const LayerResult& layer : figures.layers) {
    layers.push_back({layer.name, layer.cycles, layer.exclusive_cycles, layer.macs,
                      layer.pe_utilization, layer.dram_read_bytes, layer.dram_write_bytes});
  }
  return Json{{"numbers", std::move(numbers)}, {"layers", std::move(layers)}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

Figures figures_in(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    Figures figures;
    for (const Json& number : json.at("numbers")) {
      figures.numbers.emplace_back(number.at(0).get<std::string>(), number.at(1).get<double>());
    }
    for (const Json& layer : json.at("layers")) {
      figures.layers.push_back({layer.at(0).get<std::string>(), layer.at(1), layer.at(2),
                                layer.at(3), layer.at(4), layer.at(5), layer.at(6)});
    }
    return figures;
  } catch (const Json::exception& problem) {
    throw ModelError(std::string("figures of a point: ") + problem.what());
  }
}

}  // namespace vitsim::sweep
