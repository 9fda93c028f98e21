// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/trace_header.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vitsim/config/load.h"
#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

namespace vitsim::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "vitsim.trace/1";
/// By level.
constexpr std::array<std::string_view, 3> kLevelNames{"commands", "tiles", "beats"};
/// Objects and arrays within each other; a header has four.
constexpr int kMostNesting = 16;

/// Reads the keys of one object.
class HeaderReader {
 public:
  HeaderReader(const Json& json, std::string file) : json_(json), file_(std::move(file)) {
    if (!json.is_object()) {
      fail("a header that is no object", "one");
    }
  }

  [[nodiscard]] const Json& object(const char* key) const {
    const Json& found = at(key);
    if (!found.is_object()) {
      fail(fmt::format("'{}' that is no object", key), "one");
    }
    return found;
  }
  [[nodiscard]] std::string text(const char* key) const { return text(at(key), key); }
  [[nodiscard]] std::vector<std::string> texts(const char* key) const {
    const Json& found = at(key);
    if (!found.is_array()) {
      fail(fmt::format("'{}' that is no list", key), "one");
    }
    std::vector<std::string> all;
    for (const Json& one : found) {
      all.push_back(text(one, key));
    }
    return all;
  }
  /// For messages and tables.
  [[nodiscard]] std::vector<std::string> names(const char* key) const {
    std::vector<std::string> all = texts(key);
    std::ranges::transform(all, all.begin(),
                           [](const std::string& name) { return printable(name); });
    return all;
  }
  [[noreturn]] void fail(const std::string& got, const std::string& expected) const {
    throw ModelError(fmt::format("{}: header: got {}, expected {}", file_, got, expected));
  }

 private:
  [[nodiscard]] const Json& at(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end()) {
      fail(fmt::format("no '{}'", key), "one");
    }
    return *found;
  }
  [[nodiscard]] std::string text(const Json& json, const char* key) const {
    if (!json.is_string()) {
      fail(fmt::format("'{}' that is no text", key), "text");
    }
    return json.get<std::string>();
  }

  const Json& json_;
  std::string file_;
};

trace::Level read_level(const HeaderReader& header) {
  const std::string name = header.text("level");
  if (std::ranges::find(kLevelNames, name) == kLevelNames.end()) {
    header.fail(fmt::format("level '{}'", printable(name)),
                fmt::format("{}", fmt::join(kLevelNames, ", ")));
  }
  return level_of(name);
}

Json parse(const std::string& text, const std::string& file) {
  try {
    return Json::parse(text, [&](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
      if (depth > kMostNesting) {
        throw ModelError(
            fmt::format("{}: header: got more than {} objects within each other, "
                        "expected fewer",
                        file, kMostNesting));
      }
      return true;
    });
  } catch (const Json::exception& problem) {
    throw ModelError(
        fmt::format("{}: header: got {}, expected JSON", file, printable(problem.what(), 200)));
  }
}

}  // namespace

std::string_view name_of(trace::Level level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

trace::Level level_of(std::string_view name) {
  return static_cast<trace::Level>(std::ranges::find(kLevelNames, name) - kLevelNames.begin());
}

std::vector<std::string> level_names() { return {kLevelNames.begin(), kLevelNames.end()}; }

std::string to_text(const TraceHeader& header) {
  Json json;
  json["schema"] = kSchema;
  json["version"] = header.version;
  json["level"] = name_of(header.level);
  json["files"] = {{"config", header.files.config},
                   {"model", header.files.model},
                   {"weights", header.files.weights},
                   {"input", header.files.input}};
  json["overrides"] = header.overrides;
  json["config"] = header.config;
  json["model"] = header.model;
  json["xxh3"] = {{"weights", header.hashes.weights},
                  {"scales", header.hashes.scales},
                  {"input", header.hashes.input},
                  {"program", header.hashes.program}};
  json["units"] = header.names.units;
  json["layers"] = header.names.layers;
  json["tensors"] = header.names.tensors;
  json["scratchpad_requesters"] = header.names.scratchpad_requesters;
  json["dram_requesters"] = header.names.dram_requesters;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

TraceHeader parse_trace_header(const std::string& text, const std::string& file) {
  const Json json = parse(text, file);
  const HeaderReader reader(json, file);
  if (const std::string schema = reader.text("schema"); schema != kSchema) {
    reader.fail(fmt::format("schema '{}'", printable(schema)), std::string(kSchema));
  }
  const HeaderReader files(reader.object("files"), file);
  const HeaderReader hashes(reader.object("xxh3"), file);
  TraceHeader header;
  header.version = reader.text("version");
  header.level = read_level(reader);
  header.config = reader.object("config");
  header.model = reader.object("model");
  header.files = {files.text("config"), files.text("model"), files.text("weights"),
                  files.text("input")};
  header.overrides = reader.texts("overrides");
  header.hashes = {hashes.text("weights"), hashes.text("scales"), hashes.text("input"),
                   hashes.text("program")};
  header.names = {reader.names("units"), reader.names("layers"), reader.names("tensors"),
                  reader.names("scratchpad_requesters"), reader.names("dram_requesters")};
  return header;
}

config::Config config_of(const TraceHeader& header, const std::string& file,
                         const std::vector<std::string>& overrides) {
  try {
    config::Config config = config::parse_config(header.config.dump(), file, overrides);
    // The file of a mapping was made relative to the current directory when it was recorded.
    const auto recorded = Json::json_pointer("/mapping/file");
    const bool overridden = std::ranges::any_of(
        overrides, [](const std::string& text) { return text.starts_with("mapping.file="); });
    if (!overridden && header.config.contains(recorded) && header.config[recorded].is_string()) {
      config.mapping.file = header.config[recorded].get<std::string>();
    }
    return config;
  } catch (const ConfigError& problem) {
    throw ModelError(
        fmt::format("{}, the configuration that the trace was recorded with by "
                    "vitsim {}",
                    problem.what(), printable(header.version)));
  }
}

}  // namespace vitsim::sim
