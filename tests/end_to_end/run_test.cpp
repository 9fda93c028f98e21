// SPDX-License-Identifier: Apache-2.0
#include "end_to_end/jobs.h"

namespace vitsim::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TEST(RunTest, EveryIntegerOfTheTrainedNetworkIsEqual) {
  const json report = report_of(kRunShapes + Arguments{"-i", kImages + ":0-4"});
  EXPECT_EQ(report["images"], 5);
  EXPECT_EQ(report["check"]["mode"], "exact");
  EXPECT_EQ(report["check"]["integer_mismatches"], 0);
  EXPECT_GT(report["check"]["values_compared"], 1'000'000);
  EXPECT_TRUE(report["check"]["first_mismatch"].is_null());
}

TEST(RunTest, EveryIntegerIsEqualOnTheSmallMachineWhereTensorsDoNotFit) {
  const json report =
      report_of(Arguments{"run", "-c", "configs/edge_16x16.yaml", "-i", kImages + ":7"} + kShapes +
                Arguments{"--set", "accelerator.scratchpad.size_kib=16"});
  EXPECT_EQ(report["check"]["integer_mismatches"], 0);
  EXPECT_GT(report["totals"]["dram_write_bytes"], 100'000);
}

TEST(RunTest, EveryIntegerIsEqualWhereManyRowsOfWeightsLoadACycle) {
  const json usual = report_of(kRunOne);
  const json report =
      report_of(kRunOne + Arguments{"--set", "accelerator.pe_array.weight_rows_per_cycle=32"});
  EXPECT_EQ(report["check"]["integer_mismatches"], 0);
  EXPECT_EQ(report["check"]["values_compared"], usual["check"]["values_compared"]);
  EXPECT_EQ(report["predictions"], usual["predictions"]);
}

TEST(RunTest, TwoRunsReportTheSameButForTheHost) {
  const Arguments job = kRunShapes + Arguments{"-i", kImages + ":0-1"};
  json first = report_of(job);
  json second = report_of(job);
  EXPECT_TRUE(first.contains("host"));
  first.erase("host");
  second.erase("host");
  EXPECT_EQ(first.dump(), second.dump());
}

TEST(RunTest, CyclesDoNotDependOnTheValuesOfAnImage) {
  const json drawn = report_of(kRunOne);
  const json noise = report_of(kRunShapes + Arguments{"-i", "random:7"});
  EXPECT_NE(drawn["predictions"][0]["logits"], noise["predictions"][0]["logits"]);
  EXPECT_EQ(drawn["layers"], noise["layers"]);
  EXPECT_EQ(drawn["scratchpad_conflicts"], noise["scratchpad_conflicts"]);
}

TEST(RunTest, TotalsAreTheSumOverAllImages) {
  const json one = report_of(kRunOne)["totals"];
  const json three = report_of(kRunShapes + Arguments{"-i", kImages + ":0-2"})["totals"];
  EXPECT_EQ(three["cycles_per_image"], one["cycles"]);
  for (const char* total : {"cycles", "macs", "dram_read_bytes", "dram_write_bytes",
                            "scratchpad_read_bytes", "scratchpad_write_bytes"}) {
    EXPECT_EQ(three[total].get<std::int64_t>(), 3 * one[total].get<std::int64_t>()) << total;
  }
}

TEST(RunTest, WithoutTheCheckNothingIsComparedAndTheCyclesAreTheSame) {
  const json checked = report_of(kRunOne);
  const json unchecked = report_of(kRunOne + Arguments{"--check", "none"});
  EXPECT_EQ(unchecked["check"]["mode"], "none");
  EXPECT_EQ(unchecked["check"]["values_compared"], 0);
  EXPECT_TRUE(unchecked["check"]["layers"].empty());
  EXPECT_TRUE(unchecked["predictions"][0]["float_top1"].is_null());
  EXPECT_EQ(unchecked["layers"], checked["layers"]);
  EXPECT_EQ(unchecked["predictions"][0]["logits"], checked["predictions"][0]["logits"]);
}

TEST(RunTest, RandomWeightsNeedNoImagesAndAreTheSameForASeed) {
  const Arguments job = Arguments{"run"} + kMachine +
                        Arguments{"-m",    "models/deit_tiny.yaml", "--set", "model.depth=1",
                                  "--set", "model.image_size=64",   "-w"};
  const json first = report_of(job + Arguments{"random:5"});
  EXPECT_EQ(first["seed"], 5);
  EXPECT_EQ(first["predictions"][0]["input"], "random:1");
  EXPECT_EQ(first["check"]["integer_mismatches"], 0);
  EXPECT_EQ(first["predictions"], report_of(job + Arguments{"random:5"})["predictions"]);
  EXPECT_NE(first["predictions"], report_of(job + Arguments{"random:6"})["predictions"]);
}

TEST(RunTest, OverridesWinOverFilesAndTheLastOneWins) {
  const json report = report_of(kRunOne + Arguments{"--set", "accelerator.pe_array.rows=16",
                                                    "--set", "accelerator.pe_array.rows=32"});
  EXPECT_EQ(report["config"]["accelerator"]["pe_array"]["rows"], 32);
  EXPECT_EQ(report["config"]["accelerator"]["pe_array"]["cols"], 64);
  EXPECT_NE(report["layers"], report_of(kRunOne)["layers"]);
}

TEST(RunTest, AnAttentionThatIsSetWinsOverTheModels) {
  const json report = report_of(kRunOne + Arguments{"--set", "attention=softmax"});
  EXPECT_TRUE(report["model"]["attention"].is_null());
  EXPECT_EQ(report_of(kRunOne)["model"]["attention"], "softmax");
}

TEST(RunTest, TheTextNamesWhatRanAndSumsUpTheBlocks) {
  const ProgramResult result = run_vitsim(kRunOne);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, HasSubstr("shapes10_vit on configs/softmax_64x64.yaml"));
  EXPECT_THAT(result.out, HasSubstr("attn.qk "));
  EXPECT_THAT(result.out, Not(HasSubstr("blocks.0.attn.qk ")));
  EXPECT_THAT(result.out, HasSubstr("every integer equal"));
  EXPECT_THAT(result.out, Not(HasSubstr("SystemC")));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));
}

TEST(RunTest, LayersListsEachOne) {
  const ProgramResult result = run_vitsim(kRunOne + Arguments{"--layers"});
  EXPECT_THAT(result.out, HasSubstr("blocks.0.attn.qk "));
  EXPECT_THAT(result.out, HasSubstr("blocks.3.mlp.fc2 "));
}

TEST(RunTest, QuietPrintsNothing) {
  const ProgramResult result = run_vitsim(kRunOne + Arguments{"--quiet"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out + result.err, "");
}

}  // namespace
}  // namespace vitsim::test
