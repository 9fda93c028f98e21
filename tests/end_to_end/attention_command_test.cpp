// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const Arguments kTaylor{"attention", "-c", "configs/vitality.yaml"};
const Arguments kSoftmax = Arguments{"attention"} + kMachine;
const Arguments kDeitTiny{"-m", "models/deit_tiny.yaml"};
const Arguments kIdeal{"--ideal-memory"};

Arguments set(const std::string& key, const std::string& value) {
  return {"--set", "accelerator." + key + "=" + value};
}

Arguments shape(int tokens, int heads, int head_dim) {
  return {"--tokens",   std::to_string(tokens),  "--heads", std::to_string(heads),
          "--head-dim", std::to_string(head_dim)};
}

/// The report of an attention all of whose values are equal and whose array's cycles add up.
json sound_report_of(const Arguments& arguments) {
  json report = report_of(arguments);
  EXPECT_EQ(report["check"]["mode"], "exact");
  EXPECT_EQ(report["check"]["integer_mismatches"], 0) << report["check"]["first_mismatch"];
  EXPECT_GT(report["check"]["values_compared"], 0);
  for (const char* part : {"totals", "layer"}) {
    std::int64_t sum = 0;
    for (const json& cycles : report[part]["array_cycles"]) {
      EXPECT_GE(cycles, 0);
      sum += cycles.get<std::int64_t>();
    }
    EXPECT_EQ(report[part]["cycles"], sum) << part;
  }
  return report;
}

TEST(AttentionCommandTest, TaylorAttentionOfDeitTinyTakesTheClosedFormsCycles) {
  std::int64_t before = 100'000;
  for (const char* overlap : {"none", "intra_layer", "across_heads"}) {
    const json report =
        sound_report_of(kTaylor + kDeitTiny + kIdeal + set("taylor_pipeline.overlap", overlap));
    const json& totals = report["totals"];
    EXPECT_EQ(totals["closed_form_cycles"], totals["cycles"]) << overlap;
    EXPECT_EQ(totals["array_cycles"]["useful"], 16'308) << overlap;
    EXPECT_EQ(totals["array_cycles"]["softmax"], 0);
    EXPECT_EQ(totals["array_cycles"]["memory"], 0);
    EXPECT_LT(totals["cycles"], before) << overlap;
    before = totals["cycles"];
  }
}

TEST(AttentionCommandTest, SoftmaxAttentionHasNoClosedForm) {
  const json report = sound_report_of(kSoftmax + kDeitTiny + kIdeal);
  EXPECT_EQ(report["attention"], "softmax");
  EXPECT_EQ(report["totals"]["array_cycles"]["useful"], 56'736);
  EXPECT_GT(report["totals"]["array_cycles"]["softmax"], 0);
  EXPECT_EQ(report["totals"]["array_cycles"]["g_turnaround"], 0);
  EXPECT_TRUE(report["totals"].at("closed_form_cycles").is_null());
}

TEST(AttentionCommandTest, WithMemoryTheArrayIsAsUsefulAndWaitsForDram) {
  for (const Arguments& machine :
       {kTaylor, kSoftmax, Arguments{"attention", "-c", "configs/vitality_released.yaml"}}) {
    const json ideal = sound_report_of(machine + kDeitTiny + kIdeal);
    const json report = sound_report_of(machine + kDeitTiny);
    EXPECT_EQ(ideal["memory"], "ideal");
    EXPECT_EQ(report["memory"], "simulated");
    EXPECT_TRUE(report["totals"].at("closed_form_cycles").is_null());
    EXPECT_GT(report["totals"]["cycles"], ideal["totals"]["cycles"]);
    EXPECT_GT(report["totals"]["array_cycles"]["memory"], 0);
    EXPECT_EQ(report["totals"]["array_cycles"]["useful"],
              ideal["totals"]["array_cycles"]["useful"]);
  }
}

TEST(AttentionCommandTest, HasTheKeysThatStay) {
  const json report = sound_report_of(kTaylor + kDeitTiny + kIdeal);
  EXPECT_EQ(report["schema"], "vitsim.attention/1");
  for (const char* key : {"version", "files", "config", "attention", "tokens", "heads", "head_dim",
                          "memory", "seed", "totals", "layer", "steps", "units", "check", "host"}) {
    EXPECT_TRUE(report.contains(key)) << key;
  }
  EXPECT_EQ(report["files"]["config"], "configs/vitality.yaml");
  EXPECT_EQ(report["totals"]["layers"], 12);
  EXPECT_EQ(report["totals"]["cycles"], 12 * report["layer"]["cycles"].get<std::int64_t>());
  EXPECT_DOUBLE_EQ(report["totals"]["seconds"], report["totals"]["cycles"].get<double>() / 500e6);
  std::int64_t last = 0;
  for (const json& step : report["steps"]) {
    EXPECT_LT(step["start_cycle"], step["end_cycle"]) << step["name"];
    EXPECT_GT(step["busy_cycles"], 0) << step["name"];
    last = std::max(last, step["end_cycle"].get<std::int64_t>());
  }
  EXPECT_LE(last, report["layer"]["cycles"]);
}

TEST(AttentionCommandTest, UnitsSayWhyTheyStall) {
  const json units = sound_report_of(kSoftmax + kDeitTiny)["units"];
  EXPECT_GT(units["pe_array"]["stall_cycles"]["wait_softmax_unit"], 0);
  EXPECT_TRUE(units["scratchpad"].contains("read_bytes"));
  EXPECT_FALSE(units["scratchpad"].contains("stall_cycles"));
}

TEST(AttentionCommandTest, ShapesThatDoNotFitTheArrayHaveTheRightValues) {
  for (const Arguments& size : {shape(4097, 1, 8), shape(300, 1, 256), shape(197, 1, 1),
                                shape(1, 1, 1), shape(65, 2, 65)}) {
    for (const Arguments& memory : {Arguments{}, kIdeal}) {
      const json report = sound_report_of(kTaylor + size + memory);
      EXPECT_EQ(report["tokens"], std::stoi(size[1]));
      EXPECT_EQ(report["heads"], std::stoi(size[3]));
      EXPECT_EQ(report["head_dim"], std::stoi(size[5]));
      EXPECT_EQ(report["totals"]["layers"], 1);
      const json& closed_form = report["totals"]["closed_form_cycles"];
      if (memory.empty() || report["head_dim"] > 64) {
        EXPECT_TRUE(closed_form.is_null()) << testing::PrintToString(size);
      } else {
        EXPECT_EQ(closed_form, report["totals"]["cycles"]) << testing::PrintToString(size);
      }
    }
  }
}

TEST(AttentionCommandTest, OptionsGoBeforeTheModel) {
  const json report =
      sound_report_of(kTaylor + kDeitTiny + kIdeal + Arguments{"--tokens", "50", "--layers", "2"});
  EXPECT_EQ(report["tokens"], 50);
  EXPECT_EQ(report["heads"], 3);
  EXPECT_EQ(report["head_dim"], 64);
  EXPECT_EQ(report["totals"]["layers"], 2);
  const json all =
      sound_report_of(kTaylor + kDeitTiny + kIdeal + shape(20, 1, 8) + Arguments{"--layers", "1"});
  json alone = sound_report_of(kTaylor + kIdeal + shape(20, 1, 8));
  alone["host"] = all["host"];
  EXPECT_EQ(all, alone);
}

TEST(AttentionCommandTest, WithoutTheCheckNothingIsComparedAndTheCyclesAreTheSame) {
  const json checked = sound_report_of(kTaylor + kIdeal + shape(50, 2, 16));
  const json unchecked =
      report_of(kTaylor + kIdeal + shape(50, 2, 16) + Arguments{"--check", "none"});
  EXPECT_EQ(unchecked["check"]["mode"], "none");
  EXPECT_EQ(unchecked["check"]["values_compared"], 0);
  EXPECT_EQ(unchecked["totals"], checked["totals"]);
  EXPECT_EQ(unchecked["steps"], checked["steps"]);
}

TEST(AttentionCommandTest, PrintsStepsAndWhereTheArraysCyclesGo) {
  const ProgramResult result = run_vitsim(kTaylor + kDeitTiny + kIdeal);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  for (const char* text :
       {"k_hat", "closed form", "G's turnaround", "16,308", "every integer equal"}) {
    EXPECT_THAT(result.out, HasSubstr(text));
  }
}

TEST(AttentionCommandTest, TheReportGoesToAFileWhole) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "attention.json";
  const ProgramResult result =
      run_vitsim(kTaylor + kDeitTiny + kIdeal + Arguments{"--json", file.string(), "--quiet"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(json::parse(std::ifstream(file))["totals"]["array_cycles"]["useful"], 16'308);
}

void expect_error(const Arguments& arguments, int exit_code, const std::string& message) {
  const ProgramResult result = run_vitsim(arguments);
  EXPECT_EQ(result.exit_code, exit_code);
  EXPECT_THAT(result.err, testing::StartsWith("vitsim: error: "));
  EXPECT_THAT(result.err, HasSubstr(message));
  EXPECT_EQ(result.out, "");
}

TEST(BadAttentionTest, AMachineAndAShapeAreAskedFor) {
  expect_error({"attention"}, 2, "-c FILE is missing");
  expect_error(Arguments{"attention"} + shape(1, 1, 1), 2, "-c FILE is missing");
  const std::string expected = "expected -m MODEL, or --tokens, --heads and --head-dim, all three";
  expect_error(kTaylor, 2, expected);
  expect_error(kTaylor + Arguments{"--tokens", "3", "--heads", "1"}, 2, expected);
}

TEST(BadAttentionTest, SizesBeyondTheirRangesAreNamed) {
  for (const Arguments& size :
       {Arguments{"--tokens", "0"}, Arguments{"--tokens", "16386"}, Arguments{"--tokens", "x"},
        Arguments{"--heads", "257"}, Arguments{"--head-dim", "1025"}, Arguments{"--layers", "-1"},
        Arguments{"--layers", "257"}}) {
    expect_error(kTaylor + kDeitTiny + size, 2, size[0] + ": Value " + size[1] + " not in range 1");
  }
}

TEST(BadAttentionTest, ShapesThatAreTooLargeInAllAreRefused) {
  expect_error(kTaylor + shape(16385, 256, 1024), 2, "values of Q, expected at most 67108864");
  expect_error(kSoftmax + shape(16385, 2, 1), 2, "values of scores, expected at most 268435456");
}

TEST(BadAttentionTest, UnitsThatTheMachineLacksAreNamed) {
  expect_error(kSoftmax + kDeitTiny + Arguments{"--set", "attention=taylor"}, 2,
               "add the section 'taylor_pipeline'");
  expect_error(kTaylor + kDeitTiny + Arguments{"--set", "attention=softmax"}, 2,
               "add the section 'softmax_unit'");
}

TEST(BadAttentionTest, AScratchpadThatIsTooSmallIsToldWhatItTakes) {
  expect_error(kTaylor + kDeitTiny + set("scratchpad.size_kib", "1"), 2,
               "accelerator.scratchpad.size_kib: got '1', expected at least ");
}

TEST(BadAttentionTest, AFileThatCannotBeWrittenIsRefused) {
  expect_error(kTaylor + kDeitTiny + Arguments{"--json", "/nowhere/attention.json"}, 5, "/nowhere");
}

}  // namespace
}  // namespace vitsim::test
