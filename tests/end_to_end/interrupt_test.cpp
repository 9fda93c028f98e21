// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

TEST(InterruptTest, CtrlCEndsALongRunWithItsOwnCodeAndLeavesNoFiles) {
  const TemporaryDirectory directory;
  const Arguments long_job =
      Arguments{"run", "-m", "models/deit_base.yaml", "-w", "random:1"} + kMachine;
  const ProgramResult result =
      run_vitsim(long_job + Arguments{"-o", (directory.path() / "out").string()},
                 {.limit = std::chrono::minutes(2), .interrupt_after = std::chrono::seconds(2)});
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "vitsim: error: interrupted\n");
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

}  // namespace
}  // namespace vitsim::test
