// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/expression.h"

#include <map>

#include <gmock/gmock.h>

#include "vitsim/core/error.h"

namespace vitsim::sweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::map<std::string, Value> kValues{{"rows", 64.0},
                                           {"cols", 32.0},
                                           {"accelerator.dram.kind", std::string("ideal")},
                                           {"refresh", true}};

std::string value_of(std::string_view text) {
  return text_of(Expression(text, "sweep.yaml").evaluate([](const std::string& name) {
    return kValues.at(name);
  }));
}

std::string problem_with(std::string_view text) {
  try {
    value_of(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Expression, ComputesAsArithmeticHasIt) {
  const std::pair<const char*, const char*> cases[] = {
      {"2 + 3 * 4", "14"},    {"(2 + 3) * 4", "20"},
      {"2 ** 3 ** 2", "512"}, {"-2 ** 2", "-4"},
      {"7 / 2", "3.5"},       {"7 // 2", "3"},
      {"-7 // 2", "-4"},      {"-7 % 4", "1"},
      {"10 - 4 - 3", "3"},    {"1e3", "1000"},
      {".5 + .25", "0.75"},   {"min(3, 1, 2)", "1"},
      {"max(3, 1, 2)", "3"},  {"abs(-3)", "3"},
      {"floor(2.7)", "2"},    {"ceil(2.1)", "3"},
      {"round(2.5)", "3"},    {"log2(64)", "6"},
      {"sqrt(16)", "4"},      {"2**-1", "0.5"},
      {"--3", "3"},           {"0.1 + 0.2", "0.30000000000000004"}};
  for (const auto& [text, value] : cases) {
    EXPECT_EQ(value_of(text), value) << text;
  }
}

TEST(Expression, ComparesAndJoins) {
  const std::pair<const char*, const char*> cases[] = {
      {"rows * cols <= 2048", "true"},
      {"rows * cols < 2048", "false"},
      {"rows > 63 and cols > 32", "false"},
      {"rows > 63 or cols > 32", "true"},
      {"not rows > 63", "false"},
      {"not refresh or true", "true"},
      {"accelerator.dram.kind == 'ideal'", "true"},
      {"accelerator.dram.kind != 'ideal'", "false"},
      {"refresh == true", "true"},
      {"1 == 2 or 2 == 2 and not 1 == 1", "false"}};
  for (const auto& [text, value] : cases) {
    EXPECT_EQ(value_of(text), value) << text;
  }
}

TEST(Expression, NamesMayStandInBraces) {
  EXPECT_EQ(value_of("{rows}"), "64");
  EXPECT_EQ(value_of("{ accelerator.dram.kind }"), "ideal");
  EXPECT_THAT(Expression("{rows} * cols + min(rows, 3)", "").names(),
              testing::ElementsAre("cols", "rows"));
}

TEST(Expression, TheSecondOfAPairIsLookedAtOnlyWhereItMatters) {
  EXPECT_EQ(value_of("rows == 0 or 1 / rows < 1"), "true");
  EXPECT_EQ(value_of("false and 1 / 0 == 1"), "false");
}

TEST(Expression, WhatIsNoFormulaIsRefusedWithItsPlace) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "got the end at character 1"},
      {"rows *", "got the end at character 7"},
      {"rows cols", "got 'cols' at character 6"},
      {"(rows", "expected ')'"},
      {"{rows", "expected '}'"},
      {"{}", "expected a name"},
      {"'ideal", "a word in quotes that ends"},
      {"1 < 2 < 3", "got '< 3'"},
      {"abs(1, 2)", "1 to 1 operands of abs"},
      {"rows = 3", "got '= 3'"},
      {"1e999", "expected a number"},
      {"$", "expected a number, a name"},
      {std::string(1'000, '('), "fewer parts within each other"},
      {std::string(1'000, '-'), "fewer parts within each other"},
      {std::string(100'000, '('), "a formula of 100000 characters"}};
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(problem_with(text), AllOf(HasSubstr("sweep.yaml: "), HasSubstr(message)))
        << text.substr(0, 40);
  }
}

TEST(Expression, WhatHasNoValueIsRefusedWithTheReason) {
  const std::pair<const char*, const char*> cases[] = {
      {"1 / (rows - 64)", "got 1 / 0, expected a divisor that is not 0"},
      {"1 // 0", "1 // 0"},
      {"1 % 0", "1 % 0"},
      {"10 ** 1000", "no finite number"},
      {"sqrt(-1)", "no finite number"},
      {"rows + refresh", "true or false for '+', expected a number"},
      {"rows and refresh", "a number for 'and', expected true or false"},
      {"accelerator.dram.kind == 3", "two of a kind"},
      {"accelerator.dram.kind * 3", "a word for '*'"}};
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(problem_with(text), HasSubstr(message)) << text;
  }
}

}  // namespace
}  // namespace vitsim::sweep
