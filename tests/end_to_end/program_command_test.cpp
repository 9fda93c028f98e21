// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using testing::HasSubstr;

TEST(ProgramCommandTest, PrintsCommandsOfEveryUnit) {
  const ProgramResult result = run_vitsim(Arguments{"program"} + kMachine + kShapes);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* operation : {"blocks.3.attn.softmax.1:", " load ", " store ", " matmul ",
                                " softmax ", " gelu ", " layer_norm ", " add "}) {
    EXPECT_THAT(result.out, HasSubstr(operation));
  }
}

TEST(ProgramCommandTest, NeedsNoWeights) {
  const ProgramResult result = run_vitsim(
      Arguments{"program", "-m", "models/deit_tiny.yaml", "--set", "model.depth=1"} + kMachine);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("blocks.0.mlp.fc2:"));
}

TEST(ProgramCommandTest, WritesTheSameToAFile) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "program.txt";
  const Arguments job = Arguments{"program"} + kMachine + kShapes;
  const ProgramResult result = run_vitsim(job + Arguments{"-o", file.string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  std::ifstream written(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(written), {}), run_vitsim(job).out);
}

}  // namespace
}  // namespace vitsim::test
