// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "end_to_end/grouped.h"
#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const std::string kSoftmax = "configs/softmax_64x64.yaml";
const std::string kEdge = "configs/edge_16x16.yaml";
const Arguments kTwoImages = kShapes + Arguments{"-i", kImages + ":0-1"};
const Arguments kCompare = Arguments{"compare", kSoftmax, kEdge} + kTwoImages;

/// Configurations by themselves, on the first image, unchecked: cycles are the same.
Arguments compare_quickly(const Arguments& configs) {
  return Arguments{"compare"} + configs + kShapes +
         Arguments{"-i", kImages + ":0", "--check", "none"};
}

json without_host(json report) {
  report.erase("host");
  return report;
}

std::int64_t exclusive_cycles(const json& report, const std::string& kind) {
  std::int64_t cycles = 0;
  for (const json& layer : report["layers"]) {
    const std::string name = layer["name"];
    cycles += name == kind || (name.starts_with("blocks.") && name.ends_with("." + kind))
                  ? layer["exclusive_cycles"].get<std::int64_t>()
                  : 0;
  }
  return cycles;
}

std::vector<std::string> names_of(const json& compared) {
  std::vector<std::string> names;
  for (const json& run : compared["runs"]) {
    names.push_back(run["name"]);
  }
  return names;
}

/// The line of the table with that label.
std::string line_of(const std::string& table, const std::string& label) {
  const std::size_t begin = table.find("\n  " + label + " ");
  EXPECT_NE(begin, std::string::npos) << label << "\n" << table;
  return begin == std::string::npos
             ? ""
             : table.substr(begin + 1, table.find('\n', begin + 1) - begin - 1);
}

TEST(CompareTest, HoldsTheReportsOfSeparateRuns) {
  const json compared = report_of(kCompare);
  EXPECT_EQ(compared["schema"], "vitsim.compare/1");
  EXPECT_EQ(compared["model"], "models/shapes10_vit.yaml");
  EXPECT_EQ(compared["input"], kImages + ":0-1");
  ASSERT_EQ(compared["runs"].size(), 2U);
  ASSERT_EQ(compared["comparison"].size(), 2U);
  EXPECT_THAT(names_of(compared), testing::ElementsAre("softmax_64x64", "edge_16x16"));
  const std::vector<std::string> configs{kSoftmax, kEdge};
  for (std::size_t i = 0; i < configs.size(); ++i) {
    EXPECT_EQ(compared["runs"][i]["config"], configs[i]);
    const json own = report_of(Arguments{"run", "-c", configs[i]} + kTwoImages);
    EXPECT_EQ(without_host(compared["runs"][i]["report"]), without_host(own));
  }
}

TEST(CompareTest, FiguresAreThoseOfTheReports) {
  const json compared = report_of(kCompare);
  for (std::size_t i = 0; i < 2; ++i) {
    const json& report = compared["runs"][i]["report"];
    const json& figures = compared["comparison"][i];
    EXPECT_EQ(figures["name"], compared["runs"][i]["name"]);
    for (const auto& [kind, cycles] : figures["operators"].items()) {
      EXPECT_EQ(cycles["exclusive_cycles"], exclusive_cycles(report, kind)) << kind;
    }
    EXPECT_EQ(figures["operators"].size(), 14U);
    EXPECT_EQ(figures["end_to_end"]["cycles"], report["totals"]["cycles_per_image"]);
    EXPECT_DOUBLE_EQ(figures["end_to_end"]["seconds"],
                     report["totals"]["seconds"].get<double>() / 2);
    EXPECT_EQ(figures["pe_utilization"], report["totals"]["pe_utilization"]);
    EXPECT_EQ(figures["dram_read_bytes"],
              report["totals"]["dram_read_bytes"].get<std::int64_t>() / 2);
    EXPECT_EQ(figures["accuracy"]["top1"], report["totals"]["top1"]);
    EXPECT_EQ(figures["accuracy"]["logits_sqnr_db"], report["check"]["layers"].back()["sqnr_db"]);
    EXPECT_EQ(figures["accuracy"]["float_images"], 2);
    EXPECT_EQ(figures["accuracy"]["integer_mismatches"], 0);
  }
}

TEST(CompareTest, RatiosSayHowManyTimesLessThanTheFirst) {
  const json compared = report_of(kCompare)["comparison"];
  const json& ratios = compared[1]["ratios"];
  const auto quotient = [](const json& first, const json& second) {
    return first.get<double>() / second.get<double>();
  };
  EXPECT_DOUBLE_EQ(ratios["attention_cycles"],
                   quotient(compared[0]["attention_cycles"], compared[1]["attention_cycles"]));
  EXPECT_DOUBLE_EQ(ratios["end_to_end"]["cycles"], quotient(compared[0]["end_to_end"]["cycles"],
                                                            compared[1]["end_to_end"]["cycles"]));
  EXPECT_DOUBLE_EQ(ratios["operators"]["attn.qk"]["exclusive_cycles"],
                   quotient(compared[0]["operators"]["attn.qk"]["exclusive_cycles"],
                            compared[1]["operators"]["attn.qk"]["exclusive_cycles"]));
  EXPECT_EQ(compared[0]["ratios"]["end_to_end"]["cycles"], 1.0);
}

TEST(CompareTest, TheTableShowsTheFiguresOfTheJson) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "compare.json";
  const ProgramResult result = run_vitsim(kCompare + Arguments{"--json", file.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const json compared = json::parse(std::ifstream(file))["comparison"];
  for (const json& figures : compared) {
    EXPECT_THAT(result.out, HasSubstr(figures["name"].get<std::string>()));
    for (const auto& [kind, cycles] : figures["operators"].items()) {
      EXPECT_THAT(line_of(result.out, kind),
                  HasSubstr(" " + grouped(cycles["exclusive_cycles"].dump())));
    }
    EXPECT_THAT(result.out, HasSubstr(" " + grouped(figures["attention_cycles"].dump())));
    EXPECT_THAT(result.out, HasSubstr(" " + grouped(figures["end_to_end"]["cycles"].dump())));
  }
  EXPECT_THAT(line_of(result.out, "norm2"), testing::EndsWith("x"));
  EXPECT_THAT(line_of(result.out, "integer mismatches"), testing::EndsWith(" 0"));
}

TEST(CompareTest, ThreeConfigurationsFitAHundredColumns) {
  const ProgramResult result = run_vitsim(
      compare_quickly({kSoftmax, kSoftmax + ",accelerator.softmax_unit.lanes=64", kEdge}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 100U) << line;
    EXPECT_THAT(line, Not(testing::EndsWith(" ")));
  }
}

TEST(CompareTest, AConfigurationCanHaveSettingsOfItsOwn) {
  const std::string setting = "accelerator.softmax_unit.lanes=64";
  const json compared = report_of(compare_quickly({kSoftmax, kSoftmax + "," + setting}));
  EXPECT_THAT(names_of(compared), testing::ElementsAre("softmax_64x64", "softmax_64x64 lanes=64"));
  EXPECT_EQ(compared["runs"][0]["settings"], json::array());
  EXPECT_EQ(compared["runs"][1]["settings"], json::array({setting}));
  const json own = report_of(kRunOne + Arguments{"--check", "none", "--set", setting});
  EXPECT_EQ(without_host(compared["runs"][1]["report"]), without_host(own));
  EXPECT_GT(compared["comparison"][1]["ratios"]["attention_cycles"], 1.0);
}

TEST(CompareTest, WeightsAreRandomWhereTheModelHasNone) {
  const json compared = report_of({"compare", kSoftmax, kSoftmax, "-m", "models/deit_tiny.yaml",
                                   "--set", "model.depth=1", "--check", "none"});
  EXPECT_EQ(compared["weights"], "random:1");
  EXPECT_EQ(compared["input"], "random:1");
}

TEST(CompareTest, SettingsOfAllComeBeforeThoseOfOne) {
  const json compared =
      report_of(compare_quickly({kSoftmax, kSoftmax + ",accelerator.softmax_unit.lanes=64"}) +
                Arguments{"--set", "accelerator.softmax_unit.lanes=8", "--set", "model.depth=2",
                          "-w", "random:1"});
  const auto lanes = [&](std::size_t run) {
    return compared["runs"][run]["report"]["config"]["accelerator"]["softmax_unit"]["lanes"];
  };
  EXPECT_EQ(lanes(0), 8);
  EXPECT_EQ(lanes(1), 64);
  EXPECT_EQ(compared["runs"][1]["report"]["model"]["depth"], 2);
  EXPECT_EQ(compared["settings"].size(), 2U);
}

TEST(CompareTest, ColumnsOfTheSameNameGetANumberAndKeysStayApart) {
  const std::string softmax = "accelerator.softmax_unit.lanes=";
  const std::string gelu = "accelerator.gelu_unit.lanes=";
  const json compared = report_of(
      compare_quickly({kSoftmax, kSoftmax, kSoftmax + "," + softmax + "8," + gelu + "8"}));
  EXPECT_THAT(names_of(compared),
              testing::ElementsAre("softmax_64x64", "softmax_64x64 (2)",
                                   "softmax_64x64 softmax_unit.lanes=8 gelu_unit.lanes=8"));
}

TEST(CompareTest, ACommaInAValueBeginsNoSetting) {
  const json compared = report_of(compare_quickly(
      {kSoftmax, kSoftmax + ",model.pixel_mean=[0.5,0.5,0.5],model.pixel_std=[0.5, 0.5, 0.5]"}));
  EXPECT_EQ(compared["runs"][1]["settings"],
            json::array({"model.pixel_mean=[0.5,0.5,0.5]", "model.pixel_std=[0.5, 0.5, 0.5]"}));
}

TEST(CompareTest, WithoutTheCheckTheTableSaysSo) {
  const ProgramResult result = run_vitsim(compare_quickly({kSoftmax, kEdge}));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("were not compared"));
  EXPECT_THAT(result.out, Not(HasSubstr("mismatches")));
}

TEST(CompareTest, QuietPrintsNothing) {
  const ProgramResult result =
      run_vitsim(compare_quickly({kSoftmax, kEdge}) + Arguments{"--quiet"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out + result.err, "");
}

/// Compares what must fail: with this exit code, one message, and the report of an earlier
/// comparison as it was.
void expect_error(const Arguments& arguments, int exit_code, const std::string& message) {
  const TemporaryDirectory directory;
  const auto file = directory.write("compare.json", "old");
  const ProgramResult result =
      run_vitsim(Arguments{"compare"} + arguments + Arguments{"--json", file.string()});
  EXPECT_EQ(result.exit_code, exit_code);
  EXPECT_THAT(result.err, testing::StartsWith("vitsim: error: "));
  EXPECT_THAT(result.err, HasSubstr(message));
  EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
  EXPECT_EQ(result.out, "");
  std::string content;
  std::ifstream(file) >> content;
  EXPECT_EQ(content, "old");
}

TEST(BadCompareTest, TwoConfigurationsAreAskedFor) {
  expect_error(kTwoImages, 2, "got no configuration, expected two or more");
  expect_error(Arguments{kSoftmax} + kTwoImages, 2, "got one configuration, expected two or more");
}

TEST(BadCompareTest, AModelAndImagesAreAskedFor) {
  expect_error({kSoftmax, kEdge}, 2, "compare: -m FILE is missing");
  expect_error(Arguments{kSoftmax, kEdge} + kShapes, 2, "compare: -i FILE is missing");
}

TEST(BadCompareTest, AFileThatIsNotThereIsNamedAsRunNamesIt) {
  const std::string file = "configs/nowhere.yaml";
  const ProgramResult run = run_vitsim(Arguments{"run", "-c", file} + kTwoImages);
  expect_error(Arguments{kSoftmax, file} + kTwoImages, 2, run.err);
}

TEST(BadCompareTest, ABadSettingIsNamedAsRunNamesIt) {
  for (const std::string setting :
       {"accelerator.softmax_unit.lanes=0", "accelerator.softmax_unit.lames=8"}) {
    const ProgramResult run =
        run_vitsim(Arguments{"run", "-c", kSoftmax, "--set", setting} + kTwoImages);
    expect_error(Arguments{kSoftmax, kSoftmax + "," + setting} + kTwoImages, 2, run.err);
    expect_error(Arguments{kSoftmax, kEdge, "--set", setting} + kTwoImages, 2, run.err);
  }
}

TEST(BadCompareTest, ARunThatFailsNamesItsConfiguration) {
  const std::string cramped = kSoftmax + ",accelerator.scratchpad.size_kib=1";
  expect_error(Arguments{kEdge, cramped} + kTwoImages, 2,
               "error: " + cramped + ": accelerator.scratchpad.size_kib: got '1'");
}

TEST(BadCompareTest, ImagesThatAreNotThereAreAnErrorOfTheInput) {
  expect_error(Arguments{kSoftmax, kEdge} + kShapes + Arguments{"-i", "nowhere.bin"}, 3,
               "nowhere.bin");
}

}  // namespace
}  // namespace vitsim::test
