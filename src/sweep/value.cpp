// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/value.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace vitsim::sweep {

std::string text_of(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) {
    return *flag ? "true" : "false";
  }
  if (const auto* number = std::get_if<double>(&value)) {
    return is_whole(*number) ? fmt::format("{}", static_cast<long long>(*number))
                             : fmt::format("{}", *number);
  }
  return std::get<std::string>(value);
}

bool is_whole(double number) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  return number == std::trunc(number) && std::abs(number) <= kExact;
}

std::string_view kind_of(const Value& value) {
  constexpr std::array<std::string_view, 3> kKinds{"true or false", "a number", "a word"};
  return kKinds[value.index()];
}

}  // namespace vitsim::sweep
