// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/value.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace vitsim::sweep {
namespace {

/// Above, not every integer is a double.
constexpr double kMostExact = 9007199254740992.0;

}  // namespace

std::string text_of(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) {
    return *flag ? "true" : "false";
  }
  if (const auto* number = std::get_if<double>(&value)) {
    return std::trunc(*number) == *number && std::abs(*number) <= kMostExact
               ? fmt::format("{}", static_cast<long long>(*number))
               : fmt::format("{}", *number);
  }
  return std::get<std::string>(value);
}

std::string_view kind_of(const Value& value) {
  constexpr std::array<std::string_view, 3> kKinds{"true or false", "a number", "a word"};
  return kKinds[value.index()];
}

}  // namespace vitsim::sweep
