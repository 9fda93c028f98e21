// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <sstream>

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kPython = "/usr/bin/python3";
constexpr const char* kPictures[] = {"roofline", "occupancy", "bandwidth", "stalls", "traffic"};

std::string content_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

class PlotRunTest : public testing::Test {
 protected:
  void SetUp() override {
    if (run_program(kPython, {"-c", "import matplotlib"}).exit_code != 0) {
      GTEST_SKIP() << kPython << " has no matplotlib; `tools/setup.sh --plots` installs it";
    }
  }

  [[nodiscard]] std::string in(const std::string& name) const {
    return (directory_.path() / name).string();
  }
  /// A report in a file, with more arguments.
  [[nodiscard]] std::string report(const Arguments& more = {}) const {
    const ProgramResult result = run_vitsim(
        kRunOne + Arguments{"--check", "none", "--quiet", "--json", in("report.json")} + more);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return in("report.json");
  }
  [[nodiscard]] std::string write(const json& report) const {
    return directory_.write("changed.json", report.dump()).string();
  }
  [[nodiscard]] ProgramResult plot(const Arguments& arguments) const {
    return run_program(kPython, Arguments{"tools/plot_run.py"} + arguments);
  }
  /// The tool refuses `file` with these words.
  void expect_refused(const std::string& file, const std::vector<std::string>& words) const {
    const ProgramResult result = plot({file, "-o", in("plots")});
    EXPECT_EQ(result.exit_code, 3) << result.out;
    EXPECT_THAT(result.err,
                AllOf(StartsWith("plot_run: "), HasSubstr(file), HasSubstr("expected")));
    for (const std::string& word : words) {
      EXPECT_THAT(result.err, HasSubstr(word));
    }
    EXPECT_THAT(result.err, testing::Not(HasSubstr("Traceback")));
    EXPECT_FALSE(fs::exists(in("plots")));
  }

  const TemporaryDirectory directory_;
};

TEST_F(PlotRunTest, DrawsEveryPictureInBothFormats) {
  const ProgramResult result = plot({report(), "-o", in("new/plots")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  for (const std::string picture : kPictures) {
    EXPECT_THAT(content_of(in("new/plots/" + picture + ".png")), StartsWith("\x89PNG"));
    EXPECT_THAT(content_of(in("new/plots/" + picture + ".svg")), HasSubstr("<svg"));
    EXPECT_THAT(result.out, HasSubstr(picture + ".png\n"));
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(in("new/plots")), {}), 10);
}

TEST_F(PlotRunTest, TheSameReportGivesTheSamePictures) {
  const std::string file = report();
  for (const char* folder : {"a", "b"}) {
    ASSERT_EQ(plot({file, "-o", in(folder), "--only", "roofline"}).exit_code, 0);
  }
  EXPECT_EQ(content_of(in("a/roofline.png")), content_of(in("b/roofline.png")));
  EXPECT_EQ(content_of(in("a/roofline.svg")), content_of(in("b/roofline.svg")));
}

TEST_F(PlotRunTest, DrawsAMachineWithAnIdealDram) {
  const ProgramResult result = plot(
      {report({"--set", "accelerator.dram.kind=ideal"}), "-o", in("plots"), "--format", "png"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(std::distance(fs::directory_iterator(in("plots")), {}), 5);
}

TEST_F(PlotRunTest, AFileThatIsMissingOrForeignIsRefused) {
  expect_refused(in("nowhere.json"), {"No such file", "report.json of `vitsim run`"});
  expect_refused(directory_.write("text.json", "Lorem ipsum").string(), {"is no JSON"});
  expect_refused(directory_.write("list.json", "[1, 2]").string(), {"schema: got null"});
  expect_refused(write({{"schema", "vitsim.gemm/1"}}),
                 {"schema: got \"vitsim.gemm/1\"", "\"vitsim.run/1\""});
}

TEST_F(PlotRunTest, AReportThatLacksAKeyOrHasAnotherThingThereIsRefused) {
  const json whole = json::parse(content_of(report()));
  for (const char* key : {"roofline", "timeline", "traffic", "units", "totals", "files"}) {
    json part = whole;
    part.erase(key);
    expect_refused(write(part), {std::string(key), "missing"});
  }
  json broken = whole;
  broken["timeline"]["dram_read_bytes"] = "many";
  expect_refused(write(broken), {"timeline.dram_read_bytes: got \"many\", expected a list"});
  broken = whole;
  broken["timeline"]["dram_read_bytes"].erase(0);
  expect_refused(write(broken), {"timeline.dram_read_bytes: got", "windows"});
  broken = whole;
  broken["traffic"][0].erase("read_bytes");
  expect_refused(write(broken), {"traffic[].read_bytes: got null, expected a number"});
}

TEST_F(PlotRunTest, APlaceThatCannotBeWrittenIsExitCodeFive) {
  const std::string file = report();
  const ProgramResult result = plot({file, "-o", file});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.err, AllOf(StartsWith("plot_run: " + file), HasSubstr("expected a place")));
}

TEST_F(PlotRunTest, BadUsageIsExitCodeTwo) {
  EXPECT_EQ(plot({}).exit_code, 2);
  EXPECT_EQ(plot({report()}).exit_code, 2) << "-o is missing";
  EXPECT_EQ(plot({report(), "-o", in("plots"), "--format", "gif"}).exit_code, 2);
}

}  // namespace
}  // namespace vitsim::test
