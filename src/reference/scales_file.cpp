// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
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

/// Files from before there was a choice are of softmax attention and do not say so.
void check_attention(const std::filesystem::path& path, const nlohmann::json& file,
                     config::Attention attention) {
  const std::string_view needed = config::name_of(config::kAttentionNames, attention);
  const nlohmann::json found = file.value(
      "attention",
      nlohmann::json(config::name_of(config::kAttentionNames, config::Attention::kSoftmax)));
  if (found != needed) {
    fail(path, "attention", fmt::format("scales for {}", printable(found.dump())),
         fmt::format("scales for \"{0}\", as `vitsim calibrate -m MODEL -i IMAGES --attention {0} "
                     "-o SCALES` makes them",
                     needed));
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

Ranges load_ranges(const std::filesystem::path& path, const config::Model& model,
                   config::Attention attention) {
  const nlohmann::json file = parse(path);
  if (!file.is_object()) {
    fail(path, "scales file", file.type_name(), "an object");
  }
  check_string(path, file, "schema", kSchema);
  check_string(path, file, "model", model.name);
  check_attention(path, file, attention);
  const auto found = file.find("ranges");
  if (found == file.end() || !found->is_object()) {
    fail(path, "ranges", found == file.end() ? "nothing" : found->type_name(), "an object");
  }

  const std::vector<std::string> names = range_names(model, attention);
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
                 const config::Model& model, config::Attention attention) {
  nlohmann::ordered_json file;
  file["schema"] = kSchema;
  file["model"] = model.name;
  file["attention"] = config::name_of(config::kAttentionNames, attention);
  for (const std::string& name : range_names(model, attention)) {
    file["ranges"][name] = ranges.at(name);
  }
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  write_file_atomically(path, file.dump(2, ' ', false, replace) + "\n");
}

}  // namespace vitsim::reference
