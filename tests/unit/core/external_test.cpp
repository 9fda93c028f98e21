// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/external.h"

#include <gmock/gmock.h>

#include "vitsim/core/error.h"

#include "support/temporary_directory.h"

namespace vitsim {
namespace {

TEST(ExternalTest, AProgramIsFoundInPathAndWhatItSaysComesBack) {
  const auto outcome = run_external({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->out, "out\n");
  EXPECT_EQ(outcome->err, "err\n");
}

TEST(ExternalTest, NoShellReadsItsArgumentsAndNothingIsOnItsStandardInput) {
  EXPECT_EQ(run_external({"printf", "%s|", "a b", "$HOME", "'\n", ""})->out, "a b|$HOME|'\n||");
  EXPECT_EQ(run_external({"cat"})->out, "");
}

TEST(ExternalTest, MuchInBothOutputsIsReadWithoutWaitingForEither) {
  const auto outcome = run_external(
      {"sh", "-c", "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero; kill -9 $$"});
  EXPECT_EQ(outcome->out.size(), 300000U);
  EXPECT_EQ(outcome->err.size(), 300000U);
  EXPECT_EQ(outcome->exit_code, 128 + 9);
}

TEST(ExternalTest, WhatIsNotThereIsNoneAndWhatIsNoProgramAnError) {
  EXPECT_FALSE(run_external({"vitsim-no-such-program"}));
  EXPECT_FALSE(run_external({"/nowhere/program"}));
  const test::TemporaryDirectory directory;
  EXPECT_THROW(run_external({directory.write("text", "no program").string()}), SimulationError);
}

}  // namespace
}  // namespace vitsim
