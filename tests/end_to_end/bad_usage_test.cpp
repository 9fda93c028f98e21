// SPDX-License-Identifier: Apache-2.0
#include "end_to_end/jobs.h"

namespace vitsim::test {
namespace {

using testing::HasSubstr;

void expect_usage_error(const Arguments& arguments, const std::string& message) {
  const ProgramResult result = run_vitsim(arguments);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, testing::StartsWith("vitsim: error: "));
  EXPECT_THAT(result.err, HasSubstr(message));
  EXPECT_EQ(result.out, "");
}

TEST(UsageTest, HelpHasExamplesForEachCommand) {
  for (const char* command :
       {"run", "gemm", "attention", "compare", "calibrate", "config", "program"}) {
    const ProgramResult result = run_vitsim({command, "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, HasSubstr(std::string("  vitsim ") + command));
  }
  EXPECT_THAT(run_vitsim({"--help"}).out, HasSubstr("calibrate"));
}

TEST(UsageTest, VersionIsPrinted) {
  EXPECT_THAT(run_vitsim({"--version"}).out, testing::MatchesRegex("vitsim [0-9.]+\n"));
}

TEST(BadUsageTest, NoCommandListsThem) {
  expect_usage_error({},
                     "expected one of run, gemm, attention, compare, calibrate, config, estimate, "
                     "program");
  expect_usage_error({"config"}, "expected one of show, check, schema");
}

TEST(BadUsageTest, AnUnknownCommandIsNamedWithTheNearest) {
  expect_usage_error({"rum"}, "unknown command 'rum', did you mean 'run'?");
}

TEST(BadUsageTest, AnUnknownOptionIsNamedWithTheNearest) {
  expect_usage_error({"run", "--chek", "none"}, "unknown option '--chek', did you mean '--check'?");
}

TEST(BadUsageTest, AnUnknownKindOfCheckIsNamedWithTheKindsThereAre) {
  expect_usage_error(kRunOne + Arguments{"--check", "quick"}, "{exact,none}");
}

TEST(BadUsageTest, EachMissingFileIsAskedFor) {
  expect_usage_error({"run"}, "-c FILE is missing");
  expect_usage_error(Arguments{"run"} + kMachine, "-m FILE is missing");
  expect_usage_error(kRunShapes, "-i FILE is missing");
  expect_usage_error({"calibrate"}, "-m FILE is missing");
  expect_usage_error(Arguments{"calibrate"} + kShapes, "-i FILE is missing");
  expect_usage_error(Arguments{"calibrate", "-i", kImages} + kShapes, "-o FILE is missing");
  expect_usage_error({"config", "show"}, "CONFIG is missing");
}

TEST(BadUsageTest, AnOptionWithoutItsValueIsNamed) {
  expect_usage_error({"run", "-c"}, "--config");
}

}  // namespace
}  // namespace vitsim::test
