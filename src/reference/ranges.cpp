// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/core/error.h"
#include "vitsim/core/file.h"
#include "vitsim/core/text.h"
#include "vitsim/reference/calibration.h"

namespace vitsim::reference {
namespace {

constexpr std::string_view kSchema = "vitsim.scales/1";
constexpr std::size_t kMaxFileBytes = std::size_t{16} << 20;

/// A kind of tensor and its range under random weights: what random DeiT models of three widths
/// reach on random images, rounded, so that nothing saturates but a few outliers.
struct Kind {
  std::string_view name;
  double fixed_range;
};

/// The ranges of a block, as `blocks.i` + name.
constexpr std::array kBlockKinds{
    Kind{".norm1", 5},  Kind{".attn.q", 5},      Kind{".attn.k", 5},
    Kind{".attn.v", 5}, Kind{".attn.scores", 6}, Kind{".attn.context", 3},
    Kind{".norm2", 5},  Kind{".mlp.fc1", 5},     Kind{".mlp.gelu", 5},
};

/// The ranges of the whole network.
constexpr std::array kNetworkKinds{Kind{"patches", 5}, Kind{"norm", 4}, Kind{"logits", 5},
                                   Kind{"residual", 32}};

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& where,
                       const std::string& found, const std::string& expected) {
  throw ModelError(
      fmt::format("{}: {}: got {}, expected {}", path.string(), where, found, expected));
}

void check_string(const std::filesystem::path& path, const nlohmann::json& file, const char* key,
                  std::string_view expected) {
  const auto value = file.find(key);
  if (value == file.end() || *value != expected) {
    fail(path, key, value == file.end() ? "nothing" : printable(value->dump()),
         fmt::format("\"{}\"", expected));
  }
}

nlohmann::json parse(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_file(path, kMaxFileBytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw ModelError(fmt::format("{}: {}, expected a scales file of `vitsim calibrate`",
                                 path.string(), error.what()));
  }
}

}  // namespace

double Ranges::at(std::string_view name) const {
  const auto range = values.find(name);
  if (range == values.end()) {
    throw ModelError(fmt::format("scales: got no range of tensor '{}', expected one", name));
  }
  return range->second;
}

std::vector<std::string> range_names(const config::Model& model) {
  std::vector<std::string> names;
  for (const auto& [name, range] : fixed_ranges(model).values) {
    names.push_back(name);
  }
  return names;
}

Ranges fixed_ranges(const config::Model& model) {
  Ranges ranges;
  for (const Kind& kind : kNetworkKinds) {
    ranges.values.emplace(kind.name, kind.fixed_range);
  }
  for (int i = 0; i < model.depth; ++i) {
    for (const Kind& kind : kBlockKinds) {
      ranges.values.emplace(fmt::format("blocks.{}{}", i, kind.name), kind.fixed_range);
    }
  }
  return ranges;
}

Ranges load_ranges(const std::filesystem::path& path, const config::Model& model) {
  const nlohmann::json file = parse(path);
  if (!file.is_object()) {
    fail(path, "scales file", file.type_name(), "an object");
  }
  check_string(path, file, "schema", kSchema);
  check_string(path, file, "model", model.name);
  const auto found = file.find("ranges");
  if (found == file.end() || !found->is_object()) {
    fail(path, "ranges", found == file.end() ? "nothing" : found->type_name(), "an object");
  }

  const std::vector<std::string> names = range_names(model);
  Ranges ranges;
  for (const auto& [name, value] : found->items()) {
    if (std::ranges::find(names, name) == names.end()) {
      const std::string meant = nearest(name, names);
      fail(path, fmt::format("ranges.{}", printable(name)),
           fmt::format("a tensor that model '{}' has not", model.name),
           meant.empty() ? "a quantized tensor of it" : fmt::format("'{}'", meant));
    }
    const double range = value.is_number() ? value.get<double>() : 0;
    if (!std::isfinite(range) || range <= 0) {
      fail(path, fmt::format("ranges.{}", name), printable(value.dump()),
           "a positive, finite number");
    }
    ranges.values.emplace(name, range);
  }
  for (const std::string& name : names) {
    if (!ranges.values.contains(name)) {
      fail(path, fmt::format("ranges.{}", name), "nothing", "a positive, finite number");
    }
  }
  return ranges;
}

void save_ranges(const std::filesystem::path& path, const Ranges& ranges,
                 const config::Model& model) {
  nlohmann::ordered_json file;
  file["schema"] = kSchema;
  file["model"] = model.name;
  for (const std::string& name : range_names(model)) {
    file["ranges"][name] = ranges.at(name);
  }
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  write_file_atomically(path, file.dump(2, ' ', false, replace) + "\n");
}

}  // namespace vitsim::reference
