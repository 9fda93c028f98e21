// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "vitsim/sweep/pareto.h"
#include "vitsim/sweep/store.h"

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

namespace fs = std::filesystem;
using sweep::PointResult;
using sweep::Store;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kPython = "/usr/bin/python3";

std::string content_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

class PlotSweepTest : public testing::Test {
 protected:
  void SetUp() override {
    if (run_program(kPython, {"-c", "import matplotlib"}).exit_code != 0) {
      GTEST_SKIP() << kPython << " has no matplotlib; `tools/setup.sh --plots` installs it";
    }
  }

  [[nodiscard]] std::string in(const std::string& name) const {
    return (directory_.path() / name).string();
  }
  static PointResult point(double rows, double cycles) {
    PointResult point;
    point.hash = std::to_string(rows) + " " + std::to_string(cycles);
    point.done = true;
    point.parameters = {{"accelerator.pe_array.rows", rows}, {"attention", std::string("taylor")}};
    point.figures = {{"totals.cycles", cycles}, {"totals.pes", rows * 16}};
    return point;
  }
  static PointResult failed(PointResult point) {
    point.done = false;
    point.hash += " failed";
    return point;
  }
  static std::vector<PointResult> points() {
    return {point(16, 7000), point(16, 8000), point(32, 5000), point(64, 5500),
            failed(point(8, 1))};
  }
  [[nodiscard]] std::string store(const std::vector<PointResult>& points,
                                  const std::string& objectives = "") const {
    Store store(in("sweep.sqlite"), Store::Mode::kWrite);
    store.add(points);
    store.set("objectives", objectives);
    return in("sweep.sqlite");
  }
  [[nodiscard]] ProgramResult plot(const Arguments& arguments) const {
    return run_program(kPython, Arguments{"tools/plot_sweep.py"} + arguments);
  }
  /// The tool refuses with this exit code and these words, and draws nothing.
  void expect_refused(const Arguments& arguments, int exit_code,
                      const std::vector<std::string>& words) const {
    const ProgramResult result = plot(arguments + Arguments{"-o", in("plots")});
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, AllOf(StartsWith("plot_sweep: "), HasSubstr("expected")));
    for (const std::string& word : words) {
      EXPECT_THAT(result.err, HasSubstr(word));
    }
    EXPECT_THAT(result.err, testing::Not(HasSubstr("Traceback")));
    EXPECT_FALSE(fs::exists(in("plots")));
  }

  const TemporaryDirectory directory_;
};

TEST_F(PlotSweepTest, DrawsBothPicturesInAllFormats) {
  const ProgramResult result = plot({store(points()), "-o", in("new/plots"), "--format", "png",
                                     "--format", "svg", "--format", "pdf"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  for (const std::string picture : {"front", "effects"}) {
    EXPECT_THAT(content_of(in("new/plots/" + picture + ".png")), StartsWith("\x89PNG"));
    EXPECT_THAT(content_of(in("new/plots/" + picture + ".svg")), HasSubstr("<svg"));
    EXPECT_THAT(content_of(in("new/plots/" + picture + ".pdf")), StartsWith("%PDF"));
    EXPECT_THAT(result.out, HasSubstr(picture + ".pdf\n"));
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(in("new/plots")), {}), 6);
}

TEST_F(PlotSweepTest, FailedPointsAreLeftOutAndTheFrontIsTheReports) {
  ASSERT_EQ(
      plot({store(points()), "-o", in("plots"), "--only", "front", "--format", "svg"}).exit_code,
      0);
  // Text is drawn as outlines; matplotlib writes what it was into a comment.
  EXPECT_THAT(content_of(in("plots/front.svg")),
              AllOf(HasSubstr("<!-- Front of 4 points -->"), HasSubstr("<!-- front (2) -->"),
                    HasSubstr("<!-- totals.pes (small is good) -->")));
}

TEST_F(PlotSweepTest, EffectsAreOfParametersThatVary) {
  ASSERT_EQ(
      plot({store(points()), "-o", in("plots"), "--only", "effects", "--format", "svg"}).exit_code,
      0);
  EXPECT_THAT(content_of(in("plots/effects.svg")),
              AllOf(HasSubstr("<!-- accelerator.pe_array.rows -->"), HasSubstr("<!-- n=2 -->"),
                    testing::Not(HasSubstr("taylor"))));
}

TEST_F(PlotSweepTest, ObjectivesAreThoseAskedForElseOfTheSweep) {
  const std::string file =
      store(points(), sweep::to_text({{"totals.pes", true}, {"totals.cycles", false}}));
  const Arguments front{file, "-o", in("plots"), "--only", "front", "--format", "svg"};
  ASSERT_EQ(plot(front).exit_code, 0);
  EXPECT_THAT(
      content_of(in("plots/front.svg")),
      AllOf(HasSubstr("<!-- totals.pes (large is good) -->"), HasSubstr("<!-- front (2) -->")));
  ASSERT_EQ(plot(front + Arguments{"--objective", "totals.cycles:max", "--objective",
                                   "accelerator.pe_array.rows:max"})
                .exit_code,
            0);
  EXPECT_THAT(content_of(in("plots/front.svg")),
              HasSubstr("<!-- accelerator.pe_array.rows (large is good) -->"));
}

TEST_F(PlotSweepTest, TheSameSweepGivesTheSamePictures) {
  const std::string file = store(points());
  for (const char* folder : {"a", "b"}) {
    ASSERT_EQ(plot({file, "-o", in(folder), "--format", "svg", "--format", "pdf"}).exit_code, 0);
  }
  for (const char* picture : {"front.svg", "effects.svg", "front.pdf"}) {
    EXPECT_EQ(content_of(in(std::string("a/") + picture)),
              content_of(in(std::string("b/") + picture)));
  }
}

TEST_F(PlotSweepTest, NamesAndValuesOfAnyKindAreDrawnAsText) {
  PointResult odd = point(16, std::numeric_limits<double>::infinity());
  odd.parameters[1].second = std::string("$\\frac{$ \xff\n%s");
  odd.parameters.emplace_back("a\"b $x$", 1.5);
  PointResult words = point(32, 0);
  words.figures[0].second = std::string("many");
  std::vector<PointResult> all = points();
  all.push_back(odd);
  all.push_back(words);
  const ProgramResult result = plot({store(all), "-o", in("plots")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, testing::Not(HasSubstr("Traceback")));
}

TEST_F(PlotSweepTest, AFileThatIsMissingOrForeignIsRefused) {
  expect_refused({in("nowhere.sqlite")}, 3, {in("nowhere.sqlite"), "no such file"});
  expect_refused({directory_.write("text.sqlite", std::string(5000, 'x')).string()}, 3,
                 {"text.sqlite", "not a database"});
  expect_refused({directory_.write("empty.sqlite", "").string()}, 3, {"another SQLite file"});
  expect_refused({directory_.path().string()}, 3, {"results of `vitsim sweep`"});
}

TEST_F(PlotSweepTest, ASweepWithTooLittleInItIsRefused) {
  expect_refused({store({failed(point(16, 1))})}, 3, {"got no point"});
  expect_refused({store({point(16, 1)}), "--only", "effects"}, 3, {"no parameter that varies"});
  expect_refused({store({}, "[[\"totals.cycles\"]]")}, 3,
                 {"objectives: got [[\"totals.cycles\"]]"});
}

TEST_F(PlotSweepTest, AnObjectiveThatThereIsNotIsExitCodeTwo) {
  const std::string file = store(points());
  expect_refused({file, "--objective", "totals.cicles:min"}, 2,
                 {"got 'totals.cicles'", "did you mean 'totals.cycles'?"});
  expect_refused({file, "--objective", "totals.cycles"}, 2, {"KEY:min or KEY:max"});
}

TEST_F(PlotSweepTest, APlaceThatCannotBeWrittenIsExitCodeFive) {
  const std::string file = store(points());
  const ProgramResult result = plot({file, "-o", file});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.err, AllOf(StartsWith("plot_sweep: " + file), HasSubstr("expected a place")));
}

TEST_F(PlotSweepTest, BadUsageIsExitCodeTwo) {
  EXPECT_EQ(plot({}).exit_code, 2);
  EXPECT_EQ(plot({store(points())}).exit_code, 2) << "-o is missing";
  EXPECT_EQ(plot({store(points()), "-o", in("plots"), "--format", "gif"}).exit_code, 2);
}

}  // namespace
}  // namespace vitsim::test
