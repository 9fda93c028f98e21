// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

/// Values of reports that may not be there.
namespace vitsim::sim {

template <class T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

inline nlohmann::ordered_json finite_or_null(double value) {
  return or_null(std::isfinite(value) ? std::optional(value) : std::nullopt);
}

}  // namespace vitsim::sim
