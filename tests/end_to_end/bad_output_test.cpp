// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using testing::HasSubstr;

void expect_unwritable(const Arguments& arguments, const std::string& message) {
  const ProgramResult result = run_vitsim(arguments);
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_THAT(result.err, testing::StartsWith("vitsim: error: "));
  EXPECT_THAT(result.err, HasSubstr(message));
  EXPECT_EQ(result.out, "");
}

TEST(BadOutputTest, ADirectoryThatCannotBeMade) {
  expect_unwritable(kRunOne + Arguments{"-o", "/proc/vitsim/out"}, "/proc/vitsim/out");
}

TEST(BadOutputTest, ADirectoryThatIsAFile) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("file", "content");
  expect_unwritable(kRunOne + Arguments{"-o", file}, file);
  expect_unwritable(kRunOne + Arguments{"-o", file + "/below"}, file);
}

TEST(BadOutputTest, IsNoticedBeforeTheSimulationStarts) {
  const Arguments long_job =
      Arguments{"run", "-m", "models/deit_base.yaml", "-w", "random:1"} + kMachine;
  const ProgramResult result =
      run_vitsim(long_job + Arguments{"-o", "/proc/vitsim/out"},
                 {.limit = std::chrono::seconds(20), .interrupt_after = {}});
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(result.exit_code, 5);
}

TEST(BadOutputTest, AReportInADirectoryThatIsNotThere) {
  expect_unwritable(kRunOne + Arguments{"--json", "/nonexistent/report.json"},
                    "/nonexistent/report.json");
}

TEST(BadOutputTest, AReportThatIsADirectory) {
  expect_unwritable(kRunOne + Arguments{"--json", "configs"}, "it is a directory");
}

TEST(BadOutputTest, ADeviceThatIsFull) {
  expect_unwritable(kRunOne + Arguments{"--json", "/dev/full"}, "No space left");
}

TEST(BadOutputTest, ADirectoryThatWasMadeForARunThatFailedIsGone) {
  const TemporaryDirectory directory;
  const ProgramResult result =
      run_vitsim(kRunShapes +
                 Arguments{"-i", kImages + ":999", "-o", (directory.path() / "a" / "b").string()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(BadOutputTest, ScalesThatCannotBeWritten) {
  expect_unwritable(Arguments{"calibrate"} + kShapes +
                        Arguments{"-i", kImages + ":0", "-o", "/nonexistent/scales.json"},
                    "/nonexistent/scales.json");
}

}  // namespace
}  // namespace vitsim::test
