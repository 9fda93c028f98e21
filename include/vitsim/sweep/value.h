// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

namespace vitsim::sweep {

/// What a parameter of a sweep, or an expression over them, has.
using Value = std::variant<bool, double, std::string>;

/// As a configuration has it: "true", "64", "12.8", "low_order". Numbers are as short as they can
/// be read back.
std::string text_of(const Value& value);

/// Whether a number is a whole one that a double has exactly: at most 2^53 away from 0.
bool is_whole(double number);

/// "a number", "a word", "true or false": for errors.
std::string_view kind_of(const Value& value);

}  // namespace vitsim::sweep
