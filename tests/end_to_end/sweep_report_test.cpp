// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>

#include "vitsim/sweep/store.h"

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

namespace fs = std::filesystem;
using sweep::PointResult;
using sweep::Store;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kHostile =
    "</script><script>document.title='owned'</script><img src=x "
    "onerror=\"document.title='owned'\">";

std::string content_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// The program of this name that the shell would find.
std::optional<std::string> in_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::error_code unknown;
    if (fs::exists(fs::path(folder) / name, unknown)) {
      return fs::path(folder) / name;
    }
  }
  return std::nullopt;
}

/// What stands between two texts, the first time.
std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find(from);
  if (begin == std::string::npos) {
    return "(nothing from " + from + ")";
  }
  const std::size_t start = begin + from.size();
  return text.substr(start, text.find(to, start) - start);
}

class SweepReportTest : public testing::Test {
 protected:
  static PointResult point(double rows, double size, const std::string& attention, double cycles) {
    PointResult point;
    point.hash = std::to_string(rows) + "," + std::to_string(size) + attention;
    point.done = true;
    point.parameters = {{"config", std::string("configs/softmax_64x64.yaml")},
                        {"model", std::string("models/deit tiny.yaml")},
                        {"accelerator.pe_array.rows", rows},
                        {"accelerator.scratchpad.size_kib", size},
                        {"attention", attention}};
    point.figures = {{"totals.cycles", cycles}, {"totals.pes", 64 * rows}};
    point.layers = {{"blocks.0.attn.qkv", 0, 100, 0, 0, 0, 0},
                    {"blocks.1.attn.qkv", 0, 150, 0, 0, 0, 0},
                    {"head", 0, 750, 0, 0, 0, 0}};
    return point;
  }
  /// Four points, the second and the last of which are on the front, and one that failed.
  [[nodiscard]] std::string store() const {
    PointResult failed = point(128, 64, "softmax", 0);
    failed.done = false;
    failed.message = "accelerator.scratchpad.size_kib: got '64', expected more";
    failed.figures.clear();
    failed.layers.clear();
    return store_of({point(32, 64, "softmax", 9000), point(32, 256, "softmax", 8000), failed,
                     point(64, 256, "vitality", 5000), point(64, 512, "vitality", 4500)});
  }
  [[nodiscard]] std::string store_of(const std::vector<PointResult>& points) const {
    Store store(in("sweep.sqlite"), Store::Mode::kWrite);
    store.set("name", "pe_sram");
    store.add(points);
    return in("sweep.sqlite");
  }
  [[nodiscard]] std::string in(const std::string& name) const {
    return (directory_.path() / name).string();
  }
  /// The program refuses with this exit code and one message that has these words.
  static void expect_failure(const Arguments& arguments, int exit_code,
                             const std::vector<std::string>& words) {
    const ProgramResult result = run_vitsim(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, testing::StartsWith("vitsim: error: "));
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    for (const std::string& word : words) {
      EXPECT_THAT(result.err, HasSubstr(word));
    }
  }

  const TemporaryDirectory directory_;
};

/// What a browser makes of the page.
class SweepReportPageTest : public SweepReportTest {
 protected:
  void SetUp() override {
    browser_ = in_path("chromium");
    if (!browser_) {
      GTEST_SKIP() << "there is no chromium; `tools/setup.sh --tests` installs it";
    }
  }
  /// The page after its script, which is to run without an error, and then what a user does, as a
  /// script that runs after it.
  [[nodiscard]] std::string opened(const std::string& store, const std::string& address = "",
                                   const std::string& then = "") const {
    const ProgramResult report = run_vitsim({"sweep", "report", store, "-o", in("page.html")});
    EXPECT_EQ(report.exit_code, 0) << report.err;
    std::ofstream(in("page.html"), std::ios::app) << "<script>" << then << "</script>\n";
    const ProgramResult result = run_program(
        *browser_, {"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--user-data-dir=" + in("browser"), "--virtual-time-budget=5000", "--dump-dom",
                    "file://" + in("page.html") + address});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(between(result.out, "<p id=\"errors\" class=\"bad\" role=\"alert\">", "</p>"), "");
    EXPECT_THAT(result.out, HasSubstr("data-ready=\"yes\"")) << "the script ended early";
    return result.out;
  }
  static std::string panel(const std::string& page) {
    return between(page, "<aside id=\"panel\"", "</aside>");
  }
  /// The ids of the table's rows.
  static std::vector<std::string> rows(const std::string& page) {
    const std::string table = between(page, "<table id=\"table\">", "</table>");
    const std::regex row("<tr [^>]*data-point=\"([0-9]+)\"");
    std::vector<std::string> ids;
    for (std::sregex_iterator found(table.begin(), table.end(), row), end; found != end; ++found) {
      ids.push_back((*found)[1]);
    }
    return ids;
  }

  std::optional<std::string> browser_;
};

TEST_F(SweepReportPageTest, ItHasFactsAndAllPointsAndNoneIsOpen) {
  const std::string page = opened(store());
  EXPECT_THAT(page, HasSubstr("<h1 id=\"title\">pe_sram</h1>"));
  EXPECT_THAT(between(page, "id=\"facts\">", "</main>"),
              AllOf(HasSubstr("<b>4</b>points done"), HasSubstr("<b>2</b>on the front"),
                    HasSubstr("<b>1</b>failed"), HasSubstr("<b>4,500</b>least totals.cycles"),
                    HasSubstr("<b>2,048</b>least totals.pes")));
  EXPECT_THAT(rows(page), ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_THAT(panel(page), HasSubstr("No point is open"));
  EXPECT_THAT(between(page, "id=\"failures\">", "</table>"), HasSubstr("got '64', expected more"));
}

TEST_F(SweepReportPageTest, APointInTheAddressIsOpen) {
  const std::string page = panel(opened(store(), "#point=5"));
  EXPECT_THAT(page, HasSubstr("Point 5<span class=\"badge\">on the front"));
  EXPECT_THAT(between(page, "<pre id=\"command\">", "</pre>"),
              "vitsim run \\\n  -c configs/softmax_64x64.yaml \\\n  -m 'models/deit tiny.yaml' \\\n"
              "  --set accelerator.pe_array.rows=64 \\\n"
              "  --set accelerator.scratchpad.size_kib=512 \\\n  --set attention=vitality");
  EXPECT_THAT(page, HasSubstr("<td>totals.cycles (cycles)</td><td>4,500</td>"));
}

TEST_F(SweepReportPageTest, TheBreakdownOfTheOpenPointIsByOperatorLargestFirst) {
  const std::string bars =
      between(panel(opened(store(), "#point=5")), "class=\"breakdown\">", "</table>");
  const std::regex row(
      "<td>([^<]+)</td><td class=\"bar\"><i [^>]*></i></td><td>([^<]+)</td>"
      "<td>([^<]+)</td>");
  std::vector<std::string> texts;
  for (std::sregex_iterator found(bars.begin(), bars.end(), row), end; found != end; ++found) {
    texts.push_back((*found)[1].str() + " " + (*found)[2].str() + " " + (*found)[3].str());
  }
  EXPECT_THAT(texts, ElementsAre("head 750 75.0 %", "attn.qkv 250 25.0 %"));
}

TEST_F(SweepReportPageTest, APointThatFailedSaysWhy) {
  EXPECT_THAT(panel(opened(store(), "#point=3")),
              AllOf(HasSubstr("Failed: accelerator.scratchpad.size_kib: got '64', expected more"),
                    HasSubstr("--set accelerator.pe_array.rows=128"), Not(HasSubstr("Figures"))));
}

TEST_F(SweepReportPageTest, AFilterInTheAddressLeavesTheRowsThatFit) {
  const std::string file = store();
  EXPECT_THAT(rows(opened(file, "#filter=rows%3E%3D64+size_kib%3C512+vitality")), ElementsAre("4"));
  EXPECT_THAT(rows(opened(file, "#filter=totals.cycles<8500")), ElementsAre("2", "4", "5"));
  EXPECT_THAT(rows(opened(file, "#filter=attention!=softmax")), ElementsAre("4", "5"));
  EXPECT_THAT(rows(opened(file, "#filter=status=failed")), ElementsAre("3"));
  EXPECT_THAT(rows(opened(file, "#filter=expected")), ElementsAre("3"));
}

TEST_F(SweepReportPageTest, AFilterThatIsNotUnderstoodSaysSo) {
  const std::string file = store();
  for (const auto& [filter, message] :
       {std::pair("colour=red", "no parameter or figure is called colour"),
        std::pair("rows>=", "a number is missing")}) {
    const std::string page = opened(file, std::string("#filter=") + filter);
    EXPECT_THAT(rows(page), IsEmpty());
    EXPECT_THAT(page, HasSubstr(message));
  }
}

TEST_F(SweepReportPageTest, AnAddressThatMakesNoSenseIsLeftOut) {
  const std::string page = opened(store(), "#point=99&x=nothing&y=%00&colour=%FF&q&&=");
  EXPECT_THAT(panel(page), HasSubstr("No point is open"));
  EXPECT_THAT(rows(page), testing::SizeIs(5));
}

TEST_F(SweepReportPageTest, AClickOnAPointOfThePictureOpensIt) {
  const std::string page = opened(store(), "#filter=vitality", R"(
    const canvas = document.getElementById("scatter");
    const front = Chart.getChart(canvas).getDatasetMeta(1).data[0];
    const corner = canvas.getBoundingClientRect();
    canvas.dispatchEvent(new MouseEvent("click", {bubbles: true,
      clientX: corner.x + front.x, clientY: corner.y + front.y}));
    setTimeout(() => { document.title = location.hash; }, 500);)");
  EXPECT_THAT(panel(page), HasSubstr("Point 5"));
  EXPECT_THAT(page, HasSubstr("<title>#point=5&amp;filter=vitality</title>"));
}

TEST_F(SweepReportPageTest, ARowOpensItsPointByKeyAndTheCrossClosesIt) {
  const std::string enter = R"({
    const row = document.querySelector("#table [data-point='2']");
    row.focus();
    row.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
    document.title = `focus on ${document.activeElement.dataset.point}`;
  })";
  const std::string file = store();
  const std::string page = opened(file, "", enter);
  EXPECT_THAT(panel(page), HasSubstr("Point 2"));
  EXPECT_THAT(page, HasSubstr("<title>focus on 2</title>"));
  EXPECT_THAT(panel(opened(file, "", enter + "document.querySelector('#panel button').click();")),
              HasSubstr("No point is open"));
}

TEST_F(SweepReportPageTest, AHeadSortsAndSortsTheOtherWayTheNextTime) {
  const std::string click =
      "document.querySelector(\"#table th button[title='totals.cycles (cycles)']\").click();";
  const std::string file = store();
  EXPECT_THAT(rows(opened(file, "", click)), ElementsAre("5", "4", "2", "1", "3"));
  // What has no number is last in both.
  EXPECT_THAT(rows(opened(file, "", click + click)), ElementsAre("1", "2", "4", "5", "3"));
}

TEST_F(SweepReportPageTest, AnotherAddressShowsWhatItSays) {
  const std::string page = opened(store(), "#point=1", R"(
    location.hash = "#point=4&filter=rows=64";)");
  EXPECT_THAT(panel(page), HasSubstr("Point 4"));
  EXPECT_THAT(rows(page), ElementsAre("4", "5"));
}

TEST_F(SweepReportPageTest, TheTableShowsTwoHundredRowsAtMost) {
  std::vector<PointResult> points;
  for (int i = 0; i < 450; ++i) {
    points.push_back(point(32, i, "softmax", 9000 - i));
  }
  const std::string page = opened(store_of(points), "#point=450");
  EXPECT_THAT(rows(page), testing::SizeIs(200));
  EXPECT_THAT(page, HasSubstr("1 to 200 of 450"));
  EXPECT_THAT(panel(page), HasSubstr("Point 450"));
}

TEST_F(SweepReportPageTest, NamesFromTheStoreStayText) {
  PointResult hostile = point(32, 64, kHostile, 1000);
  hostile.parameters.emplace_back(kHostile, kHostile);
  hostile.parameters.emplace_back("__proto__", std::string("x"));
  hostile.layers = {{kHostile, 0, 10, 0, 0, 0, 0}};
  PointResult failed = point(64, 64, "$(reboot); '", 0);
  failed.done = false;
  failed.message = kHostile;
  const std::string file = store_of({hostile, failed});
  {
    Store store(file, Store::Mode::kWrite);
    store.set("name", kHostile);
    store.set("spec", kHostile);
  }
  for (const char* address : {"#point=1", "#point=2", "#filter=<img%20src=x>"}) {
    const std::string page = opened(file, address);
    EXPECT_THAT(page, Not(HasSubstr("<title>owned"))) << address;
    EXPECT_THAT(page, Not(HasSubstr("<img"))) << address;
    EXPECT_THAT(page, HasSubstr("&lt;/script&gt;&lt;script&gt;document.title")) << address;
  }
  EXPECT_THAT(panel(opened(file, "#point=2")), HasSubstr(R"(--set 'attention=$(reboot); '\''')"));
}

TEST_F(SweepReportPageTest, SweepsWithoutFiguresOrPointsHaveAPage) {
  EXPECT_THAT(rows(opened(store_of({}))), IsEmpty());
  PointResult failed = point(64, 64, "softmax", 0);
  failed.done = false;
  failed.figures.clear();
  EXPECT_THAT(rows(opened(store_of({failed}))), ElementsAre("1"));
}

TEST_F(SweepReportTest, TheLineOnStandardOutputSaysWhatWasWritten) {
  const ProgramResult result =
      run_vitsim({"sweep", "report", store(), "-o", in("page.html"), "--objective",
                  "accelerator.scratchpad.size_kib:min", "--objective", "totals.cycles:min"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, in("page.html") + ": 5 points, 1 failed, 3 on the front\n");
}

TEST_F(SweepReportTest, BadUsageOfTheReportIsExitCodeTwo) {
  const std::string file = store();
  const auto report = [&](const Arguments& more) { return Arguments{"sweep", "report"} + more; };
  expect_failure(report({}), 2, {"sweep report", "FILE"});
  expect_failure(report({file}), 2, {"-o FILE"});
  expect_failure(report({file, "-o", file}), 2, {"expected another file"});
  expect_failure(report({file, "-o", in("p.html"), "--objective", "totals.cycles"}), 2,
                 {"got 'totals.cycles'", "KEY:min or KEY:max"});
  expect_failure(report({file, "-o", in("p.html"), "--objective", "totals.cicles:min"}), 2,
                 {"got 'totals.cicles'", "did you mean 'totals.cycles'?"});
  EXPECT_FALSE(fs::exists(in("p.html")));
}

TEST_F(SweepReportTest, BadFilesAreExitCodesThreeAndFive) {
  const std::string text = directory_.write("text.sqlite", std::string(5000, 'x')).string();
  for (const char* command : {"report", "export"}) {
    expect_failure({"sweep", command, in("nowhere.sqlite"), "-o", in("out")}, 3,
                   {"nowhere.sqlite", "there is no such file"});
    expect_failure({"sweep", command, text, "-o", in("out")}, 3,
                   {"expected the results of a sweep"});
    expect_failure({"sweep", command, store(), "-o", "/nowhere/out"}, 5,
                   {"/nowhere/out: cannot be written"});
  }
  EXPECT_FALSE(fs::exists(in("out")));
}

TEST_F(SweepReportTest, TablesGoToStandardOutputOrByTheirEndingToAFile) {
  const std::string file = store();
  const ProgramResult csv = run_vitsim({"sweep", "export", file});
  EXPECT_EQ(csv.exit_code, 0) << csv.err;
  EXPECT_THAT(csv.out, AllOf(testing::StartsWith("id,status,message,wall_seconds,peak_rss_bytes,"),
                             HasSubstr("\r\n2,done,,0,0,configs/softmax_64x64.yaml,models/deit "
                                       "tiny.yaml,32,256,softmax,8000,2048\r\n")));
  EXPECT_EQ(run_vitsim({"sweep", "export", file, "-o", in("x.json")}).exit_code, 0);
  const auto points = nlohmann::json::parse(content_of(in("x.json")));
  ASSERT_EQ(points.size(), 5U);
  EXPECT_EQ(points[4]["totals.cycles"], 4500);
  EXPECT_EQ(run_vitsim({"sweep", "export", file, "-o", in("x"), "--format", "json"}).exit_code, 0);
  EXPECT_EQ(content_of(in("x")), content_of(in("x.json")));
}

TEST_F(SweepReportTest, LayersAreExportedByPoint) {
  const ProgramResult result = run_vitsim({"sweep", "export", store(), "--layers"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\r\n5,blocks.1.attn.qkv,0,150,0,0,0,0\r\n"));
}

TEST_F(SweepReportTest, BadUsageOfTheExportIsExitCodeTwo) {
  const std::string file = store();
  expect_failure({"sweep", "export"}, 2, {"sweep export", "FILE"});
  expect_failure({"sweep", "export", file, "--format", "xlsx"}, 2, {"--format"});
  expect_failure({"sweep", "export", file, "-o", file}, 2, {"expected another file"});
  EXPECT_EQ(Store(file, Store::Mode::kRead).count(), 5);
}

}  // namespace
}  // namespace vitsim::test
