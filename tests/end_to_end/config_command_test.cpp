// SPDX-License-Identifier: Apache-2.0
#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using testing::HasSubstr;

TEST(ConfigCommandTest, WhatShowPrintsIsAConfigurationThatShowsTheSame) {
  const TemporaryDirectory directory;
  const ProgramResult shown = run_vitsim(
      {"config", "show", "configs/edge_16x16.yaml", "--set", "accelerator.pe_array.cols=8"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("cols: 8"));
  const std::string copy = directory.write("copy.yaml", shown.out);
  EXPECT_EQ(run_vitsim({"config", "show", copy}).out, shown.out);
}

TEST(ConfigCommandTest, CheckAcceptsTheConfigurationsThatComeWithIt) {
  for (const char* config : {"configs/softmax_64x64.yaml", "configs/edge_16x16.yaml"}) {
    const ProgramResult result = run_vitsim({"config", "check", config});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, std::string(config) + ": valid\n");
  }
}

TEST(ConfigCommandTest, CheckNamesTheKeyTheLineAndTheNearestName) {
  const TemporaryDirectory directory;
  const std::string file =
      directory.write("typo.yaml", "accelerator:\n  pe_array:\n    colums: 8\n");
  const ProgramResult result = run_vitsim({"config", "check", file});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("accelerator.pe_array.colums"));
  EXPECT_THAT(result.err, HasSubstr("'cols'"));
  EXPECT_THAT(result.err, HasSubstr("line 3"));
}

TEST(ConfigCommandTest, SchemaIsJsonWithEveryPartOfTheMachine) {
  const ProgramResult result = run_vitsim({"config", "schema"});
  EXPECT_EQ(result.exit_code, 0);
  const auto schema = nlohmann::json::parse(result.out, nullptr, false);
  const auto& machine = schema["properties"]["accelerator"]["properties"];
  for (const char* part : {"pe_array", "scratchpad", "dram", "softmax_unit"}) {
    EXPECT_TRUE(machine.contains(part)) << part;
  }
}

}  // namespace
}  // namespace vitsim::test
