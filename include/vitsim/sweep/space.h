// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vitsim/sweep/spec.h"

namespace vitsim::sweep {

/// One machine, model and input of a sweep: the value of each parameter, in the sweep's order.
struct Point {
  std::vector<Value> values;
};

/// The points of a sweep.
class Space {
 public:
  /// `spec` must outlive the space.
  explicit Space(const Spec& spec) : spec_(spec) {}

  /// Combinations of the values of parameters that follow from no other, before constraints; none
  /// where they are more than 2^62.
  [[nodiscard]] std::optional<std::int64_t> combinations() const;
  /// That of this number, the last parameter varying first; none where a constraint forbids it.
  /// ConfigError where an expression has no value.
  [[nodiscard]] std::optional<Point> point(std::int64_t number) const;
  /// As the strategy has them, none twice. ConfigError where there is none, or the grid has more
  /// combinations than can be looked at.
  [[nodiscard]] std::vector<Point> points() const;

  /// Of a grid.
  static constexpr std::int64_t kMostCombinations = 10'000'000;

 private:
  [[nodiscard]] std::optional<Point> complete(const std::vector<std::size_t>& choices) const;
  [[nodiscard]] std::vector<Point> grid() const;
  [[nodiscard]] std::vector<Point> drawn() const;
  [[nodiscard]] std::vector<Point> latin_hypercube() const;

  const Spec& spec_;
};

}  // namespace vitsim::sweep
