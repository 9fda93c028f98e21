// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(CalibrateCommandTest, WritesScalesThatARunTakes) {
  const TemporaryDirectory directory;
  const std::string scales = directory.path() / "own.scales.json";
  const ProgramResult result = run_vitsim(Arguments{"calibrate"} + kShapes +
                                          Arguments{"-i", kImages + ":0-7", "-o", scales});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("blocks.*.attn.scores"));
  EXPECT_EQ(json::parse(std::ifstream(scales))["schema"], "vitsim.scales/1");

  const json own = report_of(kRunOne + Arguments{"--set", "model.scales=" + scales});
  EXPECT_EQ(own["check"]["integer_mismatches"], 0);
  EXPECT_NE(own["predictions"][0]["logits"], report_of(kRunOne)["predictions"][0]["logits"]);
}

TEST(CalibrateCommandTest, GivesTheSameFileEachTime) {
  const TemporaryDirectory directory;
  std::vector<json> files;
  for (const char* name : {"one.json", "two.json"}) {
    const std::string scales = directory.path() / name;
    run_vitsim(Arguments{"calibrate"} + kShapes +
               Arguments{"-i", kImages + ":3", "-o", scales, "--quiet"});
    files.push_back(json::parse(std::ifstream(scales)));
  }
  EXPECT_EQ(files[0], files[1]);
}

TEST(CalibrateCommandTest, IsForTheModelsAttentionUnlessAnotherIsNamed) {
  const TemporaryDirectory directory;
  const std::string scales = directory.path() / "scales.json";
  const Arguments job =
      Arguments{"calibrate"} + kShapes + Arguments{"-i", kImages + ":3", "-o", scales};
  run_vitsim(job);
  EXPECT_EQ(json::parse(std::ifstream(scales))["attention"], "softmax");
  EXPECT_THAT(run_vitsim(job + Arguments{"--attention", "taylor"}).out,
              HasSubstr("blocks.*.attn.g"));
  const json taylor = json::parse(std::ifstream(scales));
  EXPECT_EQ(taylor["attention"], "taylor");
  EXPECT_FALSE(taylor["ranges"].contains("blocks.0.attn.scores"));
  const ProgramResult unknown = run_vitsim(job + Arguments{"--attention", "linear"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("taylor_released"));
}

TEST(CalibrateCommandTest, RefusesRandomWeights) {
  const TemporaryDirectory directory;
  const ProgramResult result =
      run_vitsim(Arguments{"calibrate", "-w", "random:1"} + kShapes +
                 Arguments{"-i", kImages, "-o", (directory.path() / "scales.json").string()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("random weights use fixed scales"));
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

}  // namespace
}  // namespace vitsim::test
