// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/space.h"

#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/random.h"

namespace vitsim::sweep {
namespace {

constexpr std::int64_t kCountable = std::int64_t{1} << 62;
/// Draws that constraints forbid, in a row, before the space is taken to be empty.
constexpr int kMostRefusals = 100'000;

std::string identity_of(const Point& point) {
  std::string text;
  for (const Value& value : point.values) {
    text += text_of(value) + "\n";
  }
  return text;
}

/// Keeps what was not there before.
class Distinct {
 public:
  void add(std::optional<Point> point) {
    if (point && seen_.insert(identity_of(*point)).second) {
      points_.push_back(std::move(*point));
    }
  }
  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(points_.size()); }
  [[nodiscard]] std::vector<Point> take() && { return std::move(points_); }

 private:
  std::set<std::string> seen_;
  std::vector<Point> points_;
};

}  // namespace

std::optional<std::int64_t> Space::combinations() const {
  std::int64_t count = 1;
  for (const Parameter& parameter : spec_.parameters) {
    const auto values =
        static_cast<std::int64_t>(std::max<std::size_t>(parameter.values.size(), 1));
    if (count > kCountable / values) {
      return std::nullopt;
    }
    count *= values;
  }
  return count;
}

std::optional<Point> Space::complete(const std::vector<std::size_t>& choices) const {
  Point point;
  const auto value_of = [&](const std::string& name) {
    const std::string key = key_of(spec_, name, spec_.name);
    const auto parameter = std::ranges::find(spec_.parameters, key, &Parameter::key);
    return point.values[static_cast<std::size_t>(parameter - spec_.parameters.begin())];
  };
  for (std::size_t i = 0; i < spec_.parameters.size(); ++i) {
    const Parameter& parameter = spec_.parameters[i];
    point.values.push_back(parameter.expression ? parameter.expression->evaluate(value_of)
                                                : parameter.values[choices[i]]);
  }
  for (const Expression& constraint : spec_.constraints) {
    const Value holds = constraint.evaluate(value_of);
    if (const auto* flag = std::get_if<bool>(&holds); flag == nullptr) {
      throw ConfigError(fmt::format("{}: constraints: '{}': got {}, expected true or false",
                                    spec_.name, constraint.text(), kind_of(holds)));
    } else if (!*flag) {
      return std::nullopt;
    }
  }
  return point;
}

std::optional<Point> Space::point(std::int64_t number) const {
  std::vector<std::size_t> choices(spec_.parameters.size(), 0);
  for (std::size_t i = choices.size(); i > 0; --i) {
    const auto values = static_cast<std::int64_t>(spec_.parameters[i - 1].values.size());
    if (values > 0) {
      choices[i - 1] = static_cast<std::size_t>(number % values);
      number /= values;
    }
  }
  return complete(choices);
}

std::vector<Point> Space::grid() const {
  const std::optional<std::int64_t> count = combinations();
  if (!count || *count > kMostCombinations) {
    throw ConfigError(fmt::format(
        "{}: got {} combinations, expected at most {}: fewer values, or `strategy: random` or "
        "`latin_hypercube` with `samples`",
        spec_.name, count ? std::to_string(*count) : "more than 2^62", kMostCombinations));
  }
  Distinct points;
  for (std::int64_t number = 0; number < *count; ++number) {
    points.add(point(number));
  }
  return std::move(points).take();
}

std::vector<Point> Space::drawn() const {
  Random random(spec_.seed);
  Distinct points;
  std::vector<std::size_t> choices(spec_.parameters.size(), 0);
  for (int refusals = 0; points.count() < spec_.samples && refusals < kMostRefusals; ++refusals) {
    for (std::size_t i = 0; i < choices.size(); ++i) {
      const auto values = static_cast<std::int64_t>(spec_.parameters[i].values.size());
      choices[i] = values > 0 ? static_cast<std::size_t>(random.integer(0, values - 1)) : 0;
    }
    const std::int64_t before = points.count();
    points.add(complete(choices));
    refusals = points.count() > before ? -1 : refusals;
  }
  return std::move(points).take();
}

/// Each parameter's values are dealt out in a shuffled order, all of them before any comes again.
std::vector<Point> Space::latin_hypercube() const {
  Random random(spec_.seed);
  std::vector<std::vector<std::size_t>> dealt(spec_.parameters.size());
  Distinct points;
  for (std::int64_t sample = 0; sample < spec_.samples; ++sample) {
    std::vector<std::size_t> choices(spec_.parameters.size(), 0);
    for (std::size_t i = 0; i < choices.size(); ++i) {
      std::vector<std::size_t>& deck = dealt[i];
      if (deck.empty()) {
        deck.resize(std::max<std::size_t>(spec_.parameters[i].values.size(), 1));
        std::iota(deck.begin(), deck.end(), std::size_t{0});
        for (std::size_t j = deck.size(); j > 1; --j) {
          std::swap(
              deck[j - 1],
              deck[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(j) - 1))]);
        }
      }
      choices[i] = deck.back();
      deck.pop_back();
    }
    points.add(complete(choices));
  }
  return std::move(points).take();
}

std::vector<Point> Space::points() const {
  std::vector<Point> found;
  switch (spec_.strategy) {
    case Strategy::kGrid:
    case Strategy::kPareto:
      found = grid();
      break;
    case Strategy::kRandom:
      found = drawn();
      break;
    case Strategy::kLatinHypercube:
      found = latin_hypercube();
      break;
  }
  if (found.empty()) {
    throw ConfigError(
        fmt::format("{}: got no point that all constraints allow, expected one", spec_.name));
  }
  return found;
}

}  // namespace vitsim::sweep
