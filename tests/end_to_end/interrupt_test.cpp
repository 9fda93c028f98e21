// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/prctl.h>
#include <sys/wait.h>

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

/// Orphans become children of this process from now on, those that are dead included.
void adopt_orphans() { ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0); }

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

/// An array that is stepped register by register for far longer than any limit here.
const Arguments kLongGemm =
    Arguments{"gemm"} + kMachine +
    Arguments{"--m", "3000", "--k",   "3000",
              "--n", "3000", "--set", "accelerator.pe_array.model=register"};

TEST(InterruptTest, CtrlCEndsALongProductAndItsChildAndLeavesNoFiles) {
  adopt_orphans();
  for (const Arguments& memory : {Arguments{"--ideal-memory"}, Arguments{}}) {
    const TemporaryDirectory directory;
    const ProgramResult result = run_vitsim(
        kLongGemm + memory + Arguments{"--json", (directory.path() / "gemm.json").string()},
        {.limit = std::chrono::minutes(2), .interrupt_after = std::chrono::seconds(1)});
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.exit_code, 130);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "vitsim: error: interrupted\n");
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
    EXPECT_FALSE(has_children());
  }
}

TEST(InterruptTest, CtrlCEndsAComparisonAndItsChildAndLeavesNoFiles) {
  adopt_orphans();
  const TemporaryDirectory directory;
  const std::string config = "configs/softmax_64x64.yaml";
  const ProgramResult result =
      run_vitsim({"compare", config, config, "-m", "models/deit_base.yaml", "-w", "random:1",
                  "--json", (directory.path() / "compare.json").string()},
                 {.limit = std::chrono::minutes(2), .interrupt_after = std::chrono::seconds(2)});
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "vitsim: error: interrupted\n");
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  EXPECT_FALSE(has_children());
}

TEST(InterruptTest, CtrlCLeavesTheReportOfAnEarlierProductAsItWas) {
  const TemporaryDirectory directory;
  const auto file = directory.write("gemm.json", "old");
  const ProgramResult result =
      run_vitsim(kLongGemm + Arguments{"--json", file.string()},
                 {.limit = std::chrono::minutes(2), .interrupt_after = std::chrono::seconds(1)});
  EXPECT_EQ(result.exit_code, 130);
  std::string content;
  std::ifstream(file) >> content;
  EXPECT_EQ(content, "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

}  // namespace
}  // namespace vitsim::test
