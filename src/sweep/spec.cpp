// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vitsim/config/describe.h"
#include "vitsim/config/node.h"
#include "vitsim/config/parse_yaml.h"
#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

namespace vitsim::sweep {
namespace {

using config::Node;

constexpr std::array<std::string_view, 4> kStrategies{"grid", "random", "latin_hypercube",
                                                      "pareto"};
constexpr std::array<std::string_view, 13> kKeys{
    "name", "config",  "model",  "weights",    "input",       "check",     "strategy",
    "seed", "samples", "limits", "parameters", "constraints", "objectives"};
/// Keys of a sweep whose files are swept, too.
constexpr std::array<std::string_view, 4> kFileLists{"config", "model", "weights", "input"};
/// Keys of configurations and models that name files.
constexpr std::array<std::string_view, 3> kFileKeys{"mapping.file", "model.weights",
                                                    "model.scales"};
constexpr std::size_t kMostValues = 100'000;

std::optional<double> number_in(const std::string& text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end && std::isfinite(number) ? std::optional(number)
                                                                      : std::nullopt;
}

/// The last part of a key: `rows`.
std::string_view last_part(std::string_view key) { return key.substr(key.rfind('.') + 1); }

class SpecReader {
 public:
  SpecReader(const Node& root, std::filesystem::path file) : root_(root), file_(std::move(file)) {}

  Spec read() {
    check_keys();
    spec_.name = text("name").value_or(file_.stem().string());
    add_files("config");
    add_files("model");
    add_files("weights");
    add_files("input");
    read_choices();
    read_limits();
    read_parameters();
    read_constraints();
    read_objectives();
    order_parameters();
    return std::move(spec_);
  }

 private:
  [[noreturn]] static void fail(const Node& node, std::string_view key, const std::string& got,
                                const std::string& expected) {
    node.origin.fail(fmt::format("{}: got {}, expected {}", key, got, expected));
  }

  [[nodiscard]] const Node* find(std::string_view key) const {
    const Node::Entry* entry = root_.find(key);
    return entry == nullptr || entry->value.kind == Node::Kind::kNull ? nullptr : &entry->value;
  }

  void check_keys() const {
    const std::vector<std::string> known(kKeys.begin(), kKeys.end());
    for (const Node::Entry& entry : root_.entries) {
      if (std::ranges::find(known, entry.key) == known.end()) {
        const std::string meant = nearest(entry.key, known);
        entry.origin.fail(
            fmt::format("unknown key '{}'{}, expected one of {}", printable(entry.key),
                        meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant),
                        fmt::join(kKeys, ", ")));
      }
    }
  }

  [[nodiscard]] std::optional<std::string> text(std::string_view key) const {
    const Node* node = find(key);
    if (node == nullptr) {
      return std::nullopt;
    }
    if (node->kind != Node::Kind::kScalar) {
      fail(*node, key, node->found(), "a word");
    }
    return node->scalar;
  }

  [[nodiscard]] std::string resolved(const std::string& given) const {
    return given.starts_with("random:") ? given
                                        : (file_.parent_path() / given).lexically_normal().string();
  }

  /// One file or a list of them: a parameter, too.
  void add_files(const std::string& key) {
    const Node* node = find(key);
    if (node == nullptr) {
      if (key == "input" || key == "weights") {
        return;
      }
      root_.origin.fail_here(
          fmt::format("'{}' is missing, expected a file or a list of files", key));
    }
    Parameter parameter{key, {}, std::nullopt, node->origin.text()};
    for (const Node& item : node->kind == Node::Kind::kList ? node->items : std::vector{*node}) {
      if (item.kind != Node::Kind::kScalar) {
        fail(item, key, item.found(), "a file");
      }
      parameter.values.emplace_back(resolved(item.scalar));
    }
    if (parameter.values.empty()) {
      fail(*node, key, "an empty list", "files");
    }
    spec_.parameters.push_back(std::move(parameter));
  }

  void read_choices() {
    if (const auto name = text("strategy")) {
      const auto* const found = std::ranges::find(kStrategies, *name);
      if (found == kStrategies.end()) {
        fail(*find("strategy"), "strategy", find("strategy")->found(),
             fmt::format("one of {}", fmt::join(kStrategies, ", ")));
      }
      spec_.strategy = static_cast<Strategy>(found - kStrategies.begin());
    }
    if (const auto check = text("check")) {
      if (*check != "none" && *check != "exact") {
        fail(*find("check"), "check", find("check")->found(), "none or exact");
      }
      spec_.check = *check;
    }
    if (const Node* node = find("samples")) {
      spec_.samples = integer(*node, "samples", 1, 10'000'000);
    }
    if (const Node* node = find("seed")) {
      spec_.seed = static_cast<std::uint64_t>(integer(*node, "seed", 0, std::int64_t{1} << 53));
    }
  }

  void read_limits() {
    const Node* map = find("limits");
    if (map == nullptr) {
      return;
    }
    if (map->kind != Node::Kind::kMap) {
      fail(*map, "limits", map->found(), "a map of seconds and mebibytes");
    }
    for (const Node::Entry& entry : map->entries) {
      if (entry.key == "seconds") {
        spec_.most_seconds = integer(entry.value, "limits.seconds", 1, 10'000'000);
      } else if (entry.key == "mebibytes") {
        spec_.most_mebibytes = integer(entry.value, "limits.mebibytes", 64, 100'000'000);
      } else {
        entry.origin.fail(fmt::format("unknown key 'limits.{}', expected seconds or mebibytes",
                                      printable(entry.key)));
      }
    }
  }

  [[nodiscard]] static std::int64_t integer(const Node& node, std::string_view key,
                                            std::int64_t least, std::int64_t most) {
    const auto number =
        node.kind == Node::Kind::kScalar ? number_in(node.scalar) : std::optional<double>();
    if (!number || std::trunc(*number) != *number || *number < static_cast<double>(least) ||
        *number > static_cast<double>(most)) {
      fail(node, key, node.found(), fmt::format("an integer in [{}, {}]", least, most));
    }
    return static_cast<std::int64_t>(*number);
  }

  void read_parameters() {
    const Node* map = find("parameters");
    if (map == nullptr) {
      return;
    }
    if (map->kind != Node::Kind::kMap) {
      fail(*map, "parameters", map->found(), "a map from keys to values");
    }
    for (const Node::Entry& entry : map->entries) {
      spec_.parameters.push_back(parameter(entry));
      if (std::ranges::find(kFileKeys, entry.key) != kFileKeys.end()) {
        for (Value& value : spec_.parameters.back().values) {
          value = resolved(text_of(value));
        }
      }
    }
  }

  [[nodiscard]] static Parameter parameter(const Node::Entry& entry) {
    Parameter read{entry.key, {}, std::nullopt, entry.origin.text()};
    const Node& node = entry.value;
    if (node.kind == Node::Kind::kList) {
      for (const Node& item : node.items) {
        if (item.kind != Node::Kind::kScalar) {
          fail(item, entry.key, item.found(), "a number or a word");
        }
        read.values.push_back(value_of(item));
      }
    } else if (node.kind == Node::Kind::kMap) {
      read.values = range(entry);
    } else if (node.kind == Node::Kind::kScalar && node.scalar.find('{') != std::string::npos) {
      read.expression.emplace(node.scalar, fmt::format("{}, {}", entry.key, node.origin.text()));
      return read;
    } else if (node.kind == Node::Kind::kScalar) {
      read.values.push_back(value_of(node));
    }
    if (read.values.empty()) {
      fail(
          node, entry.key, node.found(),
          "a list, {linear: [FIRST, LAST, STEP]}, {powers_of_two: [FIRST, LAST]} or \"{FORMULA}\"");
    }
    return read;
  }

  [[nodiscard]] static Value value_of(const Node& node) {
    if (!node.quoted && (node.scalar == "true" || node.scalar == "false")) {
      return node.scalar == "true";
    }
    const auto number = node.quoted ? std::nullopt : number_in(node.scalar);
    return number ? Value(*number) : Value(node.scalar);
  }

  [[nodiscard]] static std::vector<Value> range(const Node::Entry& entry) {
    const Node& map = entry.value;
    if (map.entries.size() != 1 ||
        (map.entries[0].key != "linear" && map.entries[0].key != "powers_of_two")) {
      fail(map, entry.key, "another map",
           "linear: [FIRST, LAST, STEP] or powers_of_two: [FIRST, LAST]");
    }
    const bool linear = map.entries[0].key == "linear";
    const Node& list = map.entries[0].value;
    std::vector<double> bounds;
    for (const Node& item : list.items) {
      const auto number = item.kind == Node::Kind::kScalar ? number_in(item.scalar) : std::nullopt;
      if (!number) {
        fail(item, entry.key, item.found(), "a number");
      }
      bounds.push_back(*number);
    }
    if (linear ? bounds.size() != 3 : bounds.size() != 2) {
      fail(list, entry.key, fmt::format("{} numbers", bounds.size()),
           linear ? "three: the first, the last and the step" : "two: the first and the last");
    }
    if (bounds[0] > bounds[1] || (linear ? bounds[2] <= 0 : bounds[0] <= 0)) {
      fail(list, entry.key, fmt::format("[{}]", fmt::join(bounds, ", ")),
           linear ? "a last that is not below the first, and a step above 0"
                  : "a first above 0, and a last that is not below it");
    }
    return linear ? linear_range(entry, bounds) : powers(bounds);
  }

  [[nodiscard]] static std::vector<Value> linear_range(const Node::Entry& entry,
                                                       const std::vector<double>& bounds) {
    // A last value that rounding has moved a little is still one.
    const double steps = std::floor((bounds[1] - bounds[0]) / bounds[2] + 1e-9);
    if (steps >= static_cast<double>(kMostValues)) {
      fail(entry.value, entry.key, fmt::format("{} values", steps + 1),
           fmt::format("at most {}", kMostValues));
    }
    std::vector<Value> values;
    for (double step = 0; step <= steps; ++step) {
      values.emplace_back(bounds[0] + step * bounds[2]);
    }
    return values;
  }

  [[nodiscard]] static std::vector<Value> powers(const std::vector<double>& bounds) {
    std::vector<Value> values;
    for (double value = bounds[0]; value <= bounds[1]; value *= 2) {
      values.emplace_back(value);
    }
    return values;
  }

  void read_constraints() {
    const Node* list = find("constraints");
    if (list == nullptr) {
      return;
    }
    if (list->kind != Node::Kind::kList) {
      fail(*list, "constraints", list->found(), "a list of formulas");
    }
    for (const Node& item : list->items) {
      if (item.kind != Node::Kind::kScalar) {
        fail(item, "constraints", item.found(), "a formula such as rows * cols <= 4096");
      }
      spec_.constraints.emplace_back(item.scalar,
                                     fmt::format("constraints, {}", item.origin.text()));
      for (const std::string& name : spec_.constraints.back().names()) {
        key_of(spec_, name, fmt::format("constraints, {}", item.origin.text()));
      }
    }
  }

  void read_objectives() {
    const Node* map = find("objectives");
    if (map == nullptr) {
      if (spec_.strategy == Strategy::kPareto) {
        fail(*find("strategy"), "strategy", "pareto without objectives",
             "`objectives:` with a map such as totals.cycles: min");
      }
      return;
    }
    if (map->kind != Node::Kind::kMap) {
      fail(*map, "objectives", map->found(), "a map such as totals.cycles: min");
    }
    for (const Node::Entry& entry : map->entries) {
      const std::string& direction = entry.value.scalar;
      if (direction != "min" && direction != "max") {
        fail(entry.value, "objectives." + entry.key, entry.value.found(), "min or max");
      }
      spec_.objectives.push_back({entry.key, direction == "max"});
    }
  }

  /// Each behind those that it follows from.
  void order_parameters() {
    std::vector<Parameter> ordered;
    std::vector<std::string> under_way;
    std::vector<std::string> done;
    const std::function<void(const Parameter&)> visit = [&](const Parameter& parameter) {
      if (std::ranges::find(done, parameter.key) != done.end()) {
        return;
      }
      if (std::ranges::find(under_way, parameter.key) != under_way.end()) {
        under_way.push_back(parameter.key);
        root_.origin.fail_here(fmt::format("parameters: {} refers to itself: {}, expected none to",
                                           parameter.key, fmt::join(under_way, " <- ")));
      }
      under_way.push_back(parameter.key);
      if (parameter.expression) {
        for (const std::string& name : parameter.expression->names()) {
          const std::string key = key_of(spec_, name, "parameters, " + parameter.key);
          visit(*std::ranges::find(spec_.parameters, key, &Parameter::key));
        }
      }
      under_way.pop_back();
      done.push_back(parameter.key);
    };
    for (const Parameter& parameter : spec_.parameters) {
      visit(parameter);
    }
    ordered.reserve(done.size());
    for (const std::string& key : done) {
      ordered.push_back(std::move(*std::ranges::find(spec_.parameters, key, &Parameter::key)));
    }
    spec_.parameters = std::move(ordered);
  }

  const Node& root_;
  std::filesystem::path file_;
  Spec spec_;
};

}  // namespace

void check_keys(const Spec& spec) {
  const std::vector<std::string> known = config::all_keys();
  for (const Parameter& parameter : spec.parameters) {
    const std::string& key = parameter.key;
    if (std::ranges::find(kFileLists, key) == kFileLists.end() &&
        std::ranges::find(known, key) == known.end()) {
      const std::string meant = nearest(key, known);
      throw ConfigError(fmt::format(
          "unknown key '{}'{}, expected a key of docs/configuration.md, {}", printable(key),
          meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant), parameter.where));
    }
  }
}

std::string key_of(const Spec& spec, const std::string& name, const std::string& where) {
  std::vector<std::string> found;
  std::vector<std::string> names;
  for (const Parameter& parameter : spec.parameters) {
    if (parameter.key == name) {
      return name;
    }
    names.push_back(parameter.key);
    names.emplace_back(last_part(parameter.key));
    if (last_part(parameter.key) == name) {
      found.push_back(parameter.key);
    }
  }
  if (found.size() == 1) {
    return found.front();
  }
  if (found.empty()) {
    const std::string meant = nearest(name, names);
    throw ConfigError(fmt::format("{}: got '{}', expected the name of a parameter{}", where,
                                  printable(name),
                                  meant.empty() ? "" : fmt::format(", such as '{}'", meant)));
  }
  throw ConfigError(fmt::format("{}: got '{}', which may be {}; expected one of these", where,
                                printable(name), fmt::join(found, " or ")));
}

Spec parse_spec(const std::string& yaml, const std::string& name) {
  const auto source = std::make_shared<const config::Source>(
      config::Source{name, config::Source::Kind::kConfigFile});
  const Node root = config::parse_yaml_map(yaml, source, "");
  Spec spec = SpecReader(root, name).read();
  spec.text = yaml;
  return spec;
}

Spec read_spec(const std::filesystem::path& path) {
  return parse_spec(config::read_yaml_file({path.string(), config::Source::Kind::kConfigFile}),
                    path.string());
}

}  // namespace vitsim::sweep
